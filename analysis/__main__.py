"""python -m analysis report DIR | table DIR | compare DIR DIR ... (each with --help)"""

import argparse
import sys

from analysis.comparison.report_data import gather
from analysis.comparison.study_comparison import compare_studies
from analysis.plots.all_plots import report_plots
from analysis.reading.study_error import StudyError
from analysis.report.page import write_page
from analysis.report.paper_tables import NUMBERS, paper_table, study_table
from analysis.report.pictures import PictureError, named_plots, require_browser, write_pictures
from analysis.report.study_comparison_text import comparison_markdown
from analysis.report.table_formats import FORMATS
from study.terminal import print_what_is_possible, user_path

UNUSABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Prints a table, a comparison, or the path of each file written.

    Returns 0, or 2 with one line for a folder, a plot or a browser that is missing. Any other error is a fault of this
    program, so its trace is shown.
    """
    print_what_is_possible()
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (StudyError, PictureError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    return 0


def _report(options: argparse.Namespace) -> None:
    """What cannot be drawn is refused before anything is written."""
    if options.plots and not options.pictures:
        raise StudyError("--plots chooses the pictures that --pictures FOLDER writes: give both")
    if options.pictures:
        require_browser()
    report = gather(options.study)
    plots = report_plots(report)
    pictured = named_plots(plots, options.plots) if options.pictures else []
    print(write_page(report, plots, options.output))
    if pictured:
        print(*write_pictures(pictured, options.pictures), sep="\n")


def _table(options: argparse.Namespace) -> None:
    report = gather(options.study)
    table = paper_table(report, options.table) if options.table else study_table(report)
    print(FORMATS[options.format](table), end="")


def _compare(options: argparse.Namespace) -> None:
    print(comparison_markdown(compare_studies([gather(study) for study in options.studies])), end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Reports from a study's tables.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="write one self-contained HTML report")
    report.set_defaults(command=_report)
    _add_study(report)
    report.add_argument("-o", "--output", type=user_path, help="the report's path (default: DIR/report.html)")
    report.add_argument("--pictures", type=user_path, metavar="FOLDER", help="also write the plots as .png and .svg")
    report.add_argument("--plots", nargs="+", default=(), metavar="NAME", help="which --pictures (default: all)")
    table = commands.add_parser("table", help="print the accuracies, also in the layout of the paper's tables")
    table.set_defaults(command=_table)
    _add_study(table)
    table.add_argument("--table", choices=NUMBERS, help="the paper's table (default: all arms of the study)")
    table.add_argument("--format", choices=FORMATS, default="markdown")
    compare = commands.add_parser("compare", help="print what several studies have in common and what they differ in")
    compare.set_defaults(command=_compare)
    compare.add_argument("studies", type=user_path, nargs="+", metavar="DIR", help="folders that python -m study wrote")
    return parser


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=user_path, metavar="DIR", help="the folder that python -m study wrote")


if __name__ == "__main__":
    sys.exit(main())
