"""Which settings matter: accuracy by learning rate, and rank correlations of every varied setting with it."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.hyperparameters import FEWEST_TRIED, chance_level, importances, varied_settings
from analysis.comparison.report_data import ReportData
from analysis.plots.style import INK, Plot, Tables, category_rows, heat_map, hover, styled, tables_of
from analysis.reading.arms import order_arms
from analysis.reading.roles import Look, distinct_looks, role_look

SHOWN_RATES = 8
"""Columns of a heat map; more rates than that share columns."""
SHOWN_TRIALS = 600
SHOWN_SETTINGS = 12
LOGARITHMIC_RANGE = 8
"""A setting whose values span more than this factor is drawn on a logarithmic axis."""
PATTERNS = ("", "/", "x", ".", "\\", "-", "+", "|")
"""Of the bars of arms that share a colour."""


def learning_rates_plot(report: ReportData) -> Plot:
    """Heat maps of top-1 at each evaluated count and of the TFD gap, by arm and learning rate."""
    return Plot(
        name="learning-rates",
        title="Learning rate by frame set",
        choice="shown",
        reading=f"Each cell is the top-1 accuracy ({report.results.split} split) of one arm at one learning rate, mean"
        " over seeds; the tick marks the rate that was chosen on the validation split. A small gap is only worth"
        " something at a high accuracy.",
        label="Heat map of top-1 accuracy and gap by arm and learning rate; the table of results holds its numbers.",
        tables=tables_of(report.comparisons, lambda comparison: _rate_tables(report, comparison)),
        draw=_rates,
    )


def hyperparameters_plot(report: ReportData) -> Plot:
    """Importance of every setting that varies within an arm, then the validation accuracy over each."""
    settings = varied_settings(report.study, report.results)
    found = importances(settings)
    looks = _looks(report, settings) if len(found) else {}
    return Plot(
        name="hyperparameters",
        title="Which settings matter",
        choice="shown",
        reading=_reading(found, len(settings)),
        label="Rank correlation of every varied setting with validation accuracy, and the accuracy over its values.",
        tables=_setting_tables(settings, found) if len(found) else {},
        draw=lambda table: _importances(table) if "importance" in table else _marginal(table, looks),
    )


def _rate_tables(report: ReportData, comparison: Comparison) -> Tables:
    """Per evaluated count, the lowest first: arm, rate, top1, chosen; also gap, from the highest to the lowest."""
    shown = report.results.shown
    rows = shown[shown["arm"].isin(comparison.arms)]
    if rows["lr"].nunique() < 2:
        return {}
    rows = _few_rates(rows).sort_values("lr", kind="stable")
    cells = pd.MultiIndex.from_product([order_arms(rows), rows["rate"].unique()], names=["arm", "rate"])
    means = rows.groupby(["eval_frames", "arm", "rate"])["top1"].mean()
    at = {int(count): means[count].reindex(cells).rename("top1") for count in sorted(rows["eval_frames"].unique())}
    chosen = cells.isin(list(rows.loc[rows["chosen"], ["arm", "rate"]].itertuples(index=False, name=None)))
    low, high = comparison.lowest, comparison.highest
    shown = {f"{count} frames": at[count] for count in sorted(at, key=lambda count: (count != low, count))}
    if low is not None:
        first, *others = shown.items()
        shown = dict([first, (f"gap from {high} to {low} frames", (at[high] - at[low]).rename("gap")), *others])
    return {name: values.to_frame().assign(chosen=chosen).reset_index() for name, values in shown.items()}


def _few_rates(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with `rate`, the text of the column that each belongs to."""
    rates = np.sort(rows["lr"].dropna().unique())
    if len(rates) <= SHOWN_RATES:
        return rows.assign(rate=rows["lr"].map("{:g}".format))
    edges = np.unique(np.quantile(rates, np.linspace(0, 1, SHOWN_RATES + 1)))
    names = [f"{low:.2g}–{high:.2g}" for low, high in zip(edges, edges[1:])]
    return rows.assign(rate=pd.cut(rows["lr"], edges, include_lowest=True, labels=names).astype(str))


def _rates(table: pd.DataFrame) -> go.Figure:
    measure = table.columns[2]
    arms, rates = table["arm"].drop_duplicates(), table["rate"].drop_duplicates()
    values, chosen = (
        table.pivot(index="arm", columns="rate", values=name).loc[arms, rates] for name in (measure, "chosen")
    )
    text = [
        ["" if pd.isna(value) else f"<b>{value:.1f} ✓</b>" if is_chosen else f"{value:.1f}"
         for value, is_chosen in zip(*row)]
        for row in zip(values.to_numpy(), chosen.to_numpy())
    ]  # fmt: skip
    figure = heat_map(
        values.round(2), text, hovertemplate="%{y}<br>learning rate %{x}: %{z:.2f}<extra></extra>",
        colorscale="Cividis_r" if measure == "gap" else "Cividis",
    )  # fmt: skip
    return figure.update_layout(height=120 + 52 * len(arms)).update_xaxes(title_text="learning rate")


def _reading(found: pd.DataFrame, trials: int) -> str:
    if found.empty:
        return f"No arm has {FEWEST_TRIED} different settings."
    fewest = int(found["tried"].min())
    thinned = f" Of {trials:,} trials one in {-(-trials // SHOWN_TRIALS)} is drawn." if trials > SHOWN_TRIALS else ""
    return (
        "The longer a bar, the more strongly the ranking of an arm's trials by validation accuracy follows the setting;"
        f" + or - says whether more is better. With {fewest} settings tried in an arm, a bar below"
        f" {chance_level(fewest):.2f} (dotted) may well be chance; a setting with its optimum in the middle shows only"
        f" in its own view. Open markers are trials that were stopped early, which no bar counts.{thinned}"
    )


def _setting_tables(settings: pd.DataFrame, found: pd.DataFrame) -> Tables:
    """The importances; per setting, the most important first, its values: trial, arm, role, status, score, value."""
    ranked = found.groupby("setting")["importance"].mean().sort_values(ascending=False).index[:SHOWN_SETTINGS]
    shown = found[found["setting"].isin(ranked)].sort_values("setting", key=lambda names: names.map(ranked.get_loc))
    few = settings.iloc[:: -(-len(settings) // SHOWN_TRIALS)]
    facts = ["trial", "arm", "role", "status", "score"]
    return {"importance": shown} | {name: few[[*facts, name]].dropna(subset=name) for name in ranked}


def _looks(report: ReportData, settings: pd.DataFrame) -> dict[str, Look]:
    """The looks of the arms of `settings`; those of the other plots come first, so that they look alike there."""
    roles = dict(zip(settings["arm"], settings["role"]))
    return distinct_looks({arm: roles[arm] for arm in report.looks if arm in roles} | roles)


def _importances(table: pd.DataFrame) -> go.Figure:
    series = table["arm"] + table.groupby("arm")["tried"].transform("first").map(", {} settings".format)
    colors = {name: role_look(role).color for name, role in zip(series, table["role"])}
    figure = px.bar(
        table, x="importance", y="setting", color=series, color_discrete_map=colors, text="direction",
        pattern_shape=series, pattern_shape_map=_patterns(colors), barmode="group", hover_data=hover(table),
    )  # fmt: skip
    figure = styled(figure.update_traces(textposition="outside"))
    figure.add_vline(x=chance_level(int(table["tried"].min())), line={"dash": "dot", "width": 1, "color": INK})
    names = table["setting"].drop_duplicates().tolist()
    category_rows(figure, names, row_height=24 + 12 * table["arm"].nunique())
    return figure.update_xaxes(title_text="rank correlation with validation accuracy", range=[0, 1.05])


def _patterns(colors: dict[str, str]) -> dict[str, str]:
    """A pattern for each name, another for each further one of the same colour."""
    places = pd.Series(colors).groupby(list(colors.values())).cumcount()
    return {name: PATTERNS[place % len(PATTERNS)] for name, place in places.items()}


def _marginal(table: pd.DataFrame, looks: dict[str, Look]) -> go.Figure:
    name = table.columns[-1]
    figure = styled(px.scatter(table, x=name, y="score", color="arm", hover_data=hover(table)))
    for trace in figure.data:
        rows = table[table["arm"] == trace.name]
        look = looks[trace.name]
        symbols = [look.symbol if status == "finished" else f"{look.symbol}-open" for status in rows["status"]]
        trace.update(marker={"color": look.color, "size": 8, "symbol": symbols})
    figure.update_yaxes(title_text="validation top-1, mean over trained counts (%)", rangemode="tozero")
    return figure.update_xaxes(type=_axis_type(table[name]))


def _axis_type(values: pd.Series) -> str:
    if not pd.api.types.is_numeric_dtype(values.infer_objects()):
        return "category"
    return "log" if values.min() > 0 and values.max() > LOGARITHMIC_RANGE * values.min() else "linear"
