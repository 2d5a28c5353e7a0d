"""Charts of effects: one small panel with a curve for each of the leading columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mxt.errors import named
from mxt.findings import Chart
from mxt.findings.words import LONGEST_LABEL, shortened
from mxt.schemas.captions import NO_CAPTIONS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mxt.schemas.captions import Captions

TOP = 9
ACROSS = 3
SIZE_INCHES = (4.0, 3.0)
LONGEST_TICK = 16
SENTENCE = (
    "How the prediction moves with the value of each leading column: a line for numbers, dots for "
    "categories, with 95 % intervals."
)


def effects_charts(effects: pd.DataFrame, captions: Captions = NO_CAPTIONS) -> dict[str, Chart]:
    """A chart for each method and class, by name.

    Args:
        effects: Rows of `EffectsSchema`.
        captions: How people call the columns and their values.
    """
    effects = effects.assign(
        feature=captions.columns_of(effects["feature"]),
        value=captions.values_of(effects["feature"], effects["value"]),
        **{"class": [captions.label(name) if isinstance(name, str) else name for name in effects["class"]]},
    )
    charts: dict[str, Chart] = {}
    for method, curves in effects.groupby("method", sort=False):
        classes = curves.groupby("class", dropna=False, sort=False)
        for place, (_, part) in enumerate(classes):
            name = f"{method}{f'_{place}' if classes.ngroups > 1 else ''}"
            charts[name] = Chart(_title(part), SENTENCE, "effects", partial(draw_effects, effects=part))
    return charts


def draw_effects(figure: Figure, effects: pd.DataFrame) -> None:
    """Draw the curves of one method and class: lines for numbers, dots for categories, with intervals.

    Args:
        figure: An empty figure.
        effects: Rows of `EffectsSchema`; the columns with the widest range of effects are shown.
    """
    import numpy as np

    ranges = effects.groupby("feature", sort=False)["effect"].agg(np.ptp)
    leading = ranges.sort_values(ascending=False, kind="stable").index[:TOP]
    across = min(ACROSS, len(leading))
    down = -(-len(leading) // across)
    figure.set_size_inches(across * SIZE_INCHES[0], down * SIZE_INCHES[1])
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    for axes, name in zip(grid.flat, leading, strict=False):
        _draw(axes, effects[effects["feature"] == name])
        axes.set_title(shortened(str(name), LONGEST_LABEL))
    for axes in grid.flat[len(leading) :]:
        axes.set_visible(False)
    figure.suptitle(_title(effects))


def _title(effects: pd.DataFrame) -> str:
    first = effects.iloc[0]
    of_class = f", class {named(first['class'])}" if isinstance(first["class"], str) else ""
    return f"{str(first['method']).replace('_', ' ')} ({first['unit']}{of_class})"


def _draw(axes: Axes, curve: pd.DataFrame) -> None:
    """Draw one column's curve; the missing value is a dot at the right."""
    numbers = curve[curve["number"].notna()]
    others = curve[curve["number"].isna()]
    if len(numbers):
        axes.plot(numbers["number"], numbers["effect"], marker=".")
        axes.fill_between(numbers["number"], numbers["ci_low"], numbers["ci_high"], alpha=0.25)
    if others.empty:
        return
    start, step = (0.0, 1.0)
    if len(numbers):
        step = (numbers["number"].max() - numbers["number"].min()) / 10 or 1.0
        start = numbers["number"].max() + step
    places = [start + step * place for place in range(len(others))]
    reach = [others["effect"] - others["ci_low"], others["ci_high"] - others["effect"]]
    axes.errorbar(places, others["effect"], yerr=reach, fmt="o", capsize=3, color="tab:orange")
    labels = others["value"].fillna("missing").astype(str)
    shown = [shortened(label, LONGEST_TICK) for label in labels]
    if numbers.empty:
        axes.set_xlim(-0.5, len(places) - 0.5)
    ticks = [*axes.get_xticks(), *places] if len(numbers) else places
    names = [f"{tick:g}" for tick in axes.get_xticks()] + shown if len(numbers) else shown
    axes.set_xticks(ticks, names, rotation=30, ha="right")
