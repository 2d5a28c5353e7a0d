"""The beeswarm chart: a dot for each row and column, stacked where contributions are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings.words import LONGEST_LABEL, count, shortened

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

MOST_LINES = 10
"""Lines of dots; of more columns, those with the smallest contributions are summed in the last line."""
BINS = 100
"""Equal parts of the horizontal axis; the dots of a line that lie in one of them are stacked."""
STEP, REACH = 0.08, 0.4
"""Distance of the dots of a stack, and its largest height, where 1 is the distance of two lines."""
GREY = "#8f8f8f"
"""Colour of missing values, and of the sum of columns."""
BRIGHTEST = 0.88
"""Where the colour map ends: its brightest colours can hardly be seen on white."""
QUANTILES = (0.05, 0.95)
"""Numbers beyond these quantiles of their column have the colours of the ends."""


def draw_beeswarm(figure: Figure, title: str, values: np.ndarray, inputs: pd.DataFrame, unit: str) -> None:
    """Draw a line of dots for each leading column, the one with the largest contributions at the top.

    Args:
        figure: An empty figure.
        title: Title of the chart.
        values: Contributions, shape (rows, columns).
        inputs: The explained rows, with the same columns.
        unit: Unit of the contributions.
    """
    import numpy as np

    order = np.argsort(-np.abs(values).sum(axis=0), kind="stable")
    alone = order if len(order) <= MOST_LINES else order[: MOST_LINES - 1]
    lines = [*values[:, alone].T]
    names = [shortened(str(inputs.columns[column]), LONGEST_LABEL) for column in alone]
    if len(order) > len(alone):
        lines.append(values[:, order[len(alone) :]].sum(axis=1))
        names.append(f"sum of {count(len(order) - len(alone), 'other column')}")
    low, high = np.min(lines, initial=0.0), np.max(lines, initial=0.0)
    figure.set_size_inches(8, 1.5 + 0.4 * len(lines))
    axes, colours = figure.subplots(), _colours()
    for place, line in enumerate(lines):
        heights = place + stacked(line, low, high)
        shades = scaled(inputs.iloc[:, alone[place]]) if place < len(alone) else np.full(len(line), np.nan)
        points = axes.scatter(
            line, heights, 9, shades, cmap=colours, vmin=0, vmax=1, linewidths=0, plotnonfinite=True
        )
    bar = figure.colorbar(points, ax=axes, aspect=60, pad=0.01)
    bar.set_label("value of the column")
    bar.set_ticks([0, 1], labels=["low", "high"])
    _finish(axes, title, names, unit)


def stacked(contributions: np.ndarray, low: float, high: float) -> np.ndarray:
    """Heights of the dots of a line above (or below) it: dots of one bin lie on either side in turn.

    Args:
        contributions: Shape (rows,).
        low: Left end of the bins.
        high: Right end of the bins.
    """
    import numpy as np

    bins = np.floor(BINS * (contributions - low) / ((high - low) or 1.0)).astype(int)
    order = np.argsort(bins, kind="stable")
    _, starts, sizes = np.unique(bins[order], return_index=True, return_counts=True)
    place = np.empty(len(bins), dtype=int)
    place[order] = np.arange(len(bins)) - np.repeat(starts, sizes)
    layer = (place + 1) // 2 * np.where(place % 2, 1, -1)
    return layer * min(STEP, REACH / max(1, np.abs(layer).max(initial=0)))


def scaled(cells: pd.Series) -> np.ndarray:
    """Cells as numbers from 0 to 1, NaN if missing: numbers by size, categories and texts by their order."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells):
        numbers = cells.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    else:
        ordered = isinstance(cells.dtype, pd.CategoricalDtype) and cells.cat.ordered
        codes = cells.cat.codes if ordered else pd.factorize(cells.astype("string"), sort=True)[0]
        numbers = np.where(cells.isna(), np.nan, codes)
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return numbers
    low, high = np.quantile(known, QUANTILES)
    if low == high:
        low, high = known.min(), known.max()
    return np.clip((numbers - low) / ((high - low) or 1.0), 0.0, 1.0)


def _colours() -> Colormap:
    """Dark for low and bright for high values, in an order that colour-blind people see too."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(mpl.colormaps["plasma"](np.linspace(0, BRIGHTEST, 256)))
    return colours.with_extremes(bad=GREY)


def _finish(axes: Axes, title: str, names: list[str], unit: str) -> None:
    """Label the axes, and draw a line where contributions are zero and one for each column."""
    axes.axvline(0, color="#909090", linewidth=1, zorder=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.8, dashes=(2, 4))
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.set_xlabel(f"contribution to the prediction ({unit})")
    axes.set_title(title)
