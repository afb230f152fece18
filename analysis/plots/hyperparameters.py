"""Which hyperparameters matter: rank correlations with the validation accuracy, and the accuracy over each of them."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.hyperparameters import FEWEST_TRIED, chance_level, importances, varied_settings
from analysis.comparison.report_data import ReportData
from analysis.plots.style import INK, Plot, Views, category_rows, new_figure
from analysis.reading.roles import role_look

SHOWN_TRIALS = 600
SHOWN_SETTINGS = 12
LOGARITHMIC_RANGE = 8
"""A setting whose values span more than this factor is drawn on a logarithmic axis."""


def hyperparameters_plot(report: ReportData) -> Plot:
    """Importance of every setting that varies within an arm, then the validation accuracy over each."""
    settings = varied_settings(report.study, report.results)
    found = importances(settings)
    return Plot(
        name="hyperparameters",
        title="Which settings matter",
        choice="shown",
        reading=_reading(found, len(settings)),
        label="Rank correlation of every varied setting with validation accuracy, and the accuracy over its values.",
        views=_views(settings, found) if len(found) else {},
    )


def _reading(found: pd.DataFrame, trials: int) -> str:
    if found.empty:
        return f"No arm has {FEWEST_TRIED} different settings."
    fewest = int(found["tried"].min())
    thinned = f" Of {trials:,} trials one in {-(-trials // SHOWN_TRIALS)} is drawn." if trials > SHOWN_TRIALS else ""
    return (
        "The longer a bar, the more an arm's rank in validation accuracy goes with the setting; + or - says whether"
        f" more is better. With {fewest} settings tried in an arm a bar below {chance_level(fewest):.2f} (dotted) may"
        f" well be chance; a setting that is best in the middle shows in its own view alone. Open markers are trials"
        f" that were stopped early, which no bar counts.{thinned}"
    )


def _views(settings: pd.DataFrame, found: pd.DataFrame) -> Views:
    ranked = found.groupby("setting")["importance"].mean().sort_values(ascending=False).index[:SHOWN_SETTINGS]
    few = settings.iloc[:: -(-len(settings) // SHOWN_TRIALS)]
    return {"importance": _importance_figure(found, list(ranked))} | {name: _marginal(few, name) for name in ranked}


def _importance_figure(found: pd.DataFrame, names: list[str]) -> go.Figure:
    figure = new_figure()
    for arm, rows in found.groupby("arm", sort=False):
        figure.add_trace(
            go.Bar(
                x=rows["importance"].round(3).tolist(),
                y=rows["setting"].tolist(),
                name=f"{arm}, {rows['tried'].iloc[0]} settings",
                orientation="h",
                marker={"color": role_look(rows["role"].iloc[0]).color},
                text=rows["direction"].tolist(),
                textposition="outside",
                hovertemplate="%{fullData.name}<br>%{y}: %{x:.2f} %{text}<extra></extra>",
            )
        )
    figure.add_vline(x=chance_level(int(found["tried"].min())), line={"dash": "dot", "width": 1, "color": INK})
    figure = category_rows(figure, names, row_height=24 + 12 * found["arm"].nunique())
    return figure.update_xaxes(title_text="rank correlation with validation accuracy", range=[0, 1.05])


def _marginal(settings: pd.DataFrame, name: str) -> go.Figure:
    figure = new_figure()
    known = settings.dropna(subset=name)
    for arm, rows in known.groupby("arm", sort=False):
        look = role_look(rows["role"].iloc[0])
        figure.add_trace(
            go.Scatter(
                x=rows[name].tolist(),
                y=rows["score"].round(2).tolist(),
                name=arm,
                mode="markers",
                marker={
                    "color": look.color,
                    "size": 8,
                    "symbol": [
                        look.symbol if status == "finished" else f"{look.symbol}-open" for status in rows["status"]
                    ],
                },
                customdata=rows["trial"].tolist(),
                hovertemplate="%{customdata}<br>%{x}: %{y:.2f} %<extra></extra>",
            )
        )
    figure.update_yaxes(title_text="validation top-1, mean over trained counts (%)", rangemode="tozero")
    return figure.update_xaxes(title_text=name, type=_axis_type(known[name]))


def _axis_type(values: pd.Series) -> str:
    if not pd.api.types.is_numeric_dtype(values.infer_objects()):
        return "category"
    return "log" if values.min() > 0 and values.max() > LOGARITHMIC_RANGE * values.min() else "linear"
