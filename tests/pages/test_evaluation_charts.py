"""The charts of an evaluation: which bins and cells they show."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from mxt.pages.evaluation_charts import draw_reliability, draw_segments
from pages.evaluated import evaluation


def test_the_figure_of_segments_marks_what_is_beyond_its_limit_and_what_nobody_can_tell() -> None:
    segments = evaluation(1, 1).segments
    assert segments is not None
    figure = Figure()
    draw_segments(figure, segments)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["part: a", "part: b", "part: c"]
    assert [line.get_marker() for line in axes.lines].count("X") == 2
    assert [text.get_text() for text in axes.texts] == ["insufficient (20 rows)"]


def test_the_figure_of_confidence_shows_the_bins_that_hold_rows() -> None:
    confidence = evaluation(0, 0).confidence
    assert confidence is not None
    figure = Figure()
    draw_reliability(figure, confidence)
    above, below = figure.axes
    held = confidence[confidence["rows"] > 0]
    drawn = np.asarray(above.lines[0].get_ydata(), dtype=float)
    assert drawn.tolist() == held["accuracy"].tolist()
    assert len(below.patches) == len(confidence)
