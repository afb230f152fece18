"""Assembles the report: tables in, one self-contained HTML file out."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from analysis.comparison import Comparison, compare
from analysis.notices import notices
from analysis.plots import report_plots
from analysis.protocol import Protocol, protocol_sentence, read_protocol
from analysis.provenance import shared_configuration, versions
from analysis.result_tables import recovery_rows, result_tables, trial_table
from analysis.selection import select_results
from analysis.summary import KeyFigure, findings, headline, key_figures, seed_sentence
from analysis.tables import Study, load_study


@dataclass(frozen=True, kw_only=True)
class Section:
    """What one backbone's comparison says on the first screen and in the recovery table."""

    comparison: Comparison
    headline: str
    key_figures: list[KeyFigure]
    findings: list[str]
    seeds: str
    recovery: list


def write_report(study_dir: str | Path, output: str | Path | None = None) -> Path:
    """Writes the report of a study's folder and returns its path, by default report.html in that folder.

    Raises analysis.tables.StudyError if there is no study.json or a table breaks the contract.
    """
    study = load_study(study_dir)
    output = Path(output) if output else study.folder / "report.html"
    output.write_text(render_report(study), encoding="utf-8")
    return output


def render_report(study: Study) -> str:
    """The report as HTML. Absent or empty tables are named in it; their plots are left out."""
    results = select_results(study)
    comparisons = compare(results)
    protocol = read_protocol(study.record, results)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure_json": _figure_json, "unbroken": _unbroken}
    return environment.get_template("report.html").render(
        study=study,
        record=study.record,
        protocol=protocol,
        notices=notices(study, results),
        sections=[_section(comparison, protocol) for comparison in comparisons],
        protocol_sentence=protocol_sentence(protocol) if protocol else "",
        plots=report_plots(study, results, comparisons, protocol),
        results=result_tables(results, protocol) if protocol else {},
        trials=trial_table(study),
        versions=versions(study.record),
        configuration=shared_configuration(study.record),
        plotly_js=Markup(get_plotlyjs()),
    )


def _section(comparison: Comparison, protocol: Protocol) -> Section:
    return Section(
        comparison=comparison,
        headline=headline(comparison, protocol),
        key_figures=key_figures(comparison, protocol),
        findings=findings(comparison, protocol),
        seeds=seed_sentence(comparison, protocol),
        recovery=recovery_rows(comparison),
    )


def _figure_json(figure) -> Markup:
    """A figure as JSON that may stand inside a script element: "<" is escaped, so no text can end the element."""
    return Markup(figure.to_json().replace("<", "\\u003c"))


def _unbroken(text: str) -> str:
    """The text with each percent sign kept on its number's line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
