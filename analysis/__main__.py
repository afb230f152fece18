"""python -m analysis report DIR [-o report.html] [--pictures FOLDER]"""

import argparse
import sys
from pathlib import Path

from analysis.pictures import write_pictures
from analysis.report import write_report
from analysis.tables import StudyError, load_study

UNUSABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Prints the path of each file written. Returns 0, or 2 with one line for a folder or browser that is missing."""
    options = _parser().parse_args(arguments)
    try:
        for path in _write(options):
            print(path)
    except (StudyError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    return 0


def _write(options: argparse.Namespace) -> list[Path]:
    report = write_report(options.study, options.output)
    pictures = write_pictures(load_study(options.study), options.pictures) if options.pictures else []
    return [report, *pictures]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Reports from a study's tables.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="write one self-contained HTML report")
    report.add_argument("study", type=Path, metavar="DIR", help="the folder that python -m study wrote")
    report.add_argument("-o", "--output", type=Path, help="the report's path (default: DIR/report.html)")
    report.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="also write the collapse and recovery plots as .png and .svg"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
