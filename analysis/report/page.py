"""Assembles the report: tables in, one self-contained HTML file out."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData, gather
from analysis.plots.all_plots import report_plots
from analysis.plots.style import Plot
from analysis.reading.configuration import shared_settings, versions
from analysis.reading.protocol import protocol_sentence
from analysis.report.comparison_tables import RecoveryRow, difference_tables, recovery_rows, selection_table
from analysis.report.result_tables import (
    Table,
    benchmark_table,
    listed_trials,
    result_tables,
    trained_on,
    trial_table,
)
from analysis.wording.caveats import caveats
from analysis.wording.costs import cost_sentences
from analysis.wording.published_comparison import published_sentence
from analysis.wording.significance import seed_sentence, significance_sentences
from analysis.wording.summary import KeyFigure, findings, headline, key_figures


@dataclass(frozen=True, kw_only=True)
class Section:
    """One backbone's part of the first screen, and its tables of gaps and differences."""

    comparison: Comparison
    headline: str
    key_figures: list[KeyFigure]
    findings: list[str]
    seeds: str
    recovery: list[RecoveryRow]
    differences: dict[str, Table]


def write_report(study_dir: str | Path, output: str | Path | None = None) -> Path:
    """Writes the report of a study's folder and returns its path, by default report.html in that folder.

    Raises StudyError if there is no study.json or a table breaks the contract.
    """
    report = gather(study_dir)
    return write_page(report, report_plots(report), output)


def write_page(report: ReportData, plots: Sequence[Plot], output: str | Path | None = None) -> Path:
    """`write_report` of what has been gathered, with its plots."""
    output = Path(output) if output else report.study.folder / "report.html"
    _write_whole(output, render_report(report, plots))
    return output


def _write_whole(path: Path, text: str) -> None:
    """Replaces `path` at once: an interruption or a full disk leaves the previous report."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def render_report(report: ReportData, plots: Sequence[Plot]) -> str:
    """The report as HTML. It names absent or empty tables and leaves out their plots."""
    study, protocol = report.study, report.protocol
    trials = listed_trials(report)
    return (
        _environment()
        .get_template("report.html")
        .render(
            study=study,
            record=study.record,
            protocol=protocol,
            caveats=caveats(report),
            sections=[_section(report, comparison) for comparison in report.comparisons],
            protocol_sentence=protocol_sentence(protocol) if protocol else "",
            plots=plots,
            results=result_tables(report, trials) if protocol else {},
            selections=selection_table(report) if protocol else None,
            trials=trial_table(report, trials),
            benchmarks=report.benchmarks,
            benchmark_table=benchmark_table(report.benchmarks) if report.benchmarks else None,
            hidden_trials=len(study.trials) - len(trials),
            machines=trained_on(study),
            versions=versions(study.record),
            configuration=shared_settings(study.record.get("trials") or []),
            plotly_js=Markup(get_plotlyjs()),
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure_json": _figure_json, "unbroken": _unbroken}
    return environment


def _section(report: ReportData, comparison: Comparison) -> Section:
    protocol = report.protocol
    return Section(
        comparison=comparison,
        headline=headline(comparison, protocol),
        key_figures=key_figures(comparison, protocol),
        findings=[
            *findings(comparison, protocol),
            *significance_sentences(comparison, protocol),
            *cost_sentences(report.study, comparison),
            published_sentence(report, comparison),
        ],
        seeds=seed_sentence(comparison, protocol),
        recovery=recovery_rows(comparison),
        differences=difference_tables(comparison, protocol),
    )


def _figure_json(figure) -> Markup:
    """A figure as JSON for a script element: "<" is escaped, so no text can end the element."""
    return Markup(figure.to_json().replace("<", "\\u003c"))


def _unbroken(text: str) -> str:
    """The text with no line break between a number and its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
