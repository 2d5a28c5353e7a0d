"""The charts of an evaluation: the reliability of probabilities, and the scores of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.assessments.scores import BROKEN, INSUFFICIENT, UNDEFINED
from mxt.findings.words import LONGEST_LABEL, shortened
from mxt.pages.evaluation_grids import SHOWN_CELLS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SHOWN_METRICS = 3


def draw_reliability(figure: Figure, confidence: pd.DataFrame) -> None:
    """Draw accuracy by confidence with its intervals, above the number of rows."""
    figure.set_size_inches(5, 6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    held = confidence[confidence["rows"] > 0]
    reach = [held["accuracy"] - held["low"], held["high"] - held["accuracy"]]
    above.errorbar(
        held["mean_confidence"], held["accuracy"], yerr=reach, fmt="o-", capsize=3, label="with 95 % interval"
    )
    start = float(confidence.index.min())
    above.plot([start, 1], [start, 1], linestyle=":", color="black", label="confidence as it should be")
    above.set(ylabel="share of right predictions", title="Is the model as often right as it is sure?")
    above.legend(loc="upper left")
    width = confidence["confidence_to"] - confidence.index
    below.bar(confidence.index, confidence["rows"], width=width, align="edge", edgecolor="white")
    below.set(xlabel="probability of the predicted class", ylabel="rows")


def draw_segments(figure: Figure, segments: pd.DataFrame) -> None:
    """Draw the scores of each cell with their intervals, one panel for each of the leading metrics."""
    metrics = list(dict.fromkeys(segments["metric"]))[:SHOWN_METRICS]
    cells = list(dict.fromkeys(segments.index))[:SHOWN_CELLS]
    figure.set_size_inches(1.5 + 3.5 * len(metrics), 1.2 + 0.28 * len(cells))
    grid = figure.subplots(1, len(metrics), sharey=True, squeeze=False)
    for axes, metric in zip(grid.flat, metrics, strict=True):
        part = segments[segments["metric"] == metric]
        for place, cell in enumerate(cells):
            row = part.loc[[cell]].iloc[0] if cell in part.index else None
            if row is None:
                continue
            if row["outcome"] in {INSUFFICIENT, UNDEFINED}:
                axes.annotate(
                    f"{row['outcome']} ({row['rows']} rows)",
                    (0.02, place),
                    xycoords=("axes fraction", "data"),
                    va="center",
                    style="italic",
                )
                continue
            mark = "X" if row["outcome"] == BROKEN else "o"
            axes.plot([row["low"], row["high"]], [place, place], color="tab:gray")
            axes.plot(row["score"], place, mark, color="tab:blue")
        axes.set_title(metric)
    grid.flat[0].set_yticks(
        range(len(cells)), [": ".join(shortened(str(name), LONGEST_LABEL) for name in cell) for cell in cells]
    )
    grid.flat[0].invert_yaxis()
    figure.suptitle("Scores of segments, 95 % intervals; X does not keep its limit")
