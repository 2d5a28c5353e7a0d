"""Curves of effects as figures: one small chart for each of the leading columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOP = 9
ACROSS = 3
SIZE_INCHES = (4.0, 3.0)
LONGEST_LABEL = 16


def effects_figure(effects: pd.DataFrame) -> Figure:
    """The curves of one method and class: lines of numbers, dots of categories, with their intervals.

    Args:
        effects: Rows of `EffectsSchema`; the columns of the widest range are shown.
    """
    import matplotlib as mpl
    import numpy as np

    mpl.use("agg")
    from matplotlib import pyplot as plt

    ranges = effects.groupby("feature", sort=False)["effect"].agg(np.ptp)
    leading = ranges.sort_values(ascending=False, kind="stable").index[:TOP]
    across = min(ACROSS, len(leading))
    down = -(-len(leading) // across)
    size = (across * SIZE_INCHES[0], down * SIZE_INCHES[1])
    figure, grid = plt.subplots(down, across, figsize=size, squeeze=False, sharey=True, layout="constrained")
    for axes, name in zip(grid.flat, leading, strict=False):
        _draw(axes, effects[effects["feature"] == name])
        axes.set_title(str(name))
    for axes in grid.flat[len(leading) :]:
        axes.set_visible(False)
    first = effects.iloc[0]
    of_class = f", class {first['class']}" if isinstance(first["class"], str) else ""
    figure.suptitle(f"{str(first['method']).replace('_', ' ')} ({first['unit']}{of_class})")
    return figure


def _draw(axes: Axes, curve: pd.DataFrame) -> None:
    """One column's curve; the missing value as a dot of its own, at the right."""
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
    shown = [label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…" for label in labels]
    if numbers.empty:
        axes.set_xlim(-0.5, len(places) - 0.5)
    ticks = [*axes.get_xticks(), *places] if len(numbers) else places
    names = [f"{tick:g}" for tick in axes.get_xticks()] + shown if len(numbers) else shown
    axes.set_xticks(ticks, names, rotation=30, ha="right")
