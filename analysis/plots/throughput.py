"""What training cost: speed, memory and time of the chosen trials, by arm."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, category_rows, new_figure, views_of
from analysis.reading.roles import role_look
from analysis.reading.tables import Study

MEASURES = {
    "clips_per_second": "clips per second",
    "memory": "peak memory (GB)",
    "minutes": "minutes per trial",
}


def throughput_plot(report: ReportData) -> Plot:
    """Clips per second, peak memory and minutes of the arms at their chosen settings, mean over seeds."""
    tables = views_of(report.comparisons, lambda comparison: _tables(report.study, comparison))
    return Plot(
        name="throughput",
        title="Speed, memory and time",
        choice="",
        reading="One bar is one arm, mean over seeds; speed is the median over epochs. A clip of FFN is trained"
        " at several frame counts, so compare its"
        " speed by frames, not by clips; trials that share a machine slow each other down.",
        label="Training speed, peak memory and time of every arm; the table of trials holds the numbers.",
        views={name: _figure(table) for name, table in tables.items()},
        tables=tables,
    )


def _tables(study: Study, comparison: Comparison) -> dict[str, pd.DataFrame]:
    """By measure: arm, role and the measure under its title, of the arms where it is known."""
    costs = _costs(study, comparison).rename(columns=MEASURES).reset_index()
    return {title: costs[["arm", "role", title]].dropna() for title in MEASURES.values() if costs[title].notna().any()}


def _costs(study: Study, comparison: Comparison) -> pd.DataFrame:
    """role and measures by arm, in the report's order; an arm without trials of its own has none."""
    speeds = study.epochs.set_index("trial")["clips_per_second"].astype(float).groupby("trial").median()
    trials = study.trials.drop_duplicates("trial").set_index("trial")
    own = comparison.rows[comparison.rows["adaptation"] == ""]
    chosen = own.drop_duplicates(["arm", "trial"]).set_index("trial")
    measured = chosen[["arm", "role"]].assign(
        clips_per_second=speeds.reindex(chosen.index).astype(float),
        memory=trials["peak_memory_mb"].reindex(chosen.index).astype(float) / 1000,
        minutes=trials["seconds"].reindex(chosen.index).astype(float) / 60,
    )
    means = measured.groupby("arm").agg({"role": "first"} | dict.fromkeys(MEASURES, "mean"))
    return means.reindex([label for label in comparison.arms if label in means.index])


def _figure(table: pd.DataFrame) -> go.Figure:
    title = table.columns[-1]
    bars = go.Bar(
        x=table[title].tolist(),
        y=table["arm"].tolist(),
        name=title,
        orientation="h",
        marker={"color": [role_look(role).color for role in table["role"]]},
        text=[f"{value:.3g}" for value in table[title]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    figure = category_rows(new_figure().add_trace(bars), table["arm"].tolist())
    return figure.update_xaxes(title_text=title, range=[0, 1.2 * table[title].max()])
