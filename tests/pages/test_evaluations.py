"""The page and the charts of an evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from metrics.tables import classified
from mxt.assessments.classes import classes_table
from mxt.assessments.confidence import confidence_table
from mxt.assessments.scores import Baseline, Drawing, LabelledPredictions, scores_table
from mxt.assessments.segments import Segment
from mxt.metrics.base.answers import Classes, answers
from mxt.metrics.sklearn import SklearnMetric
from mxt.pages.evaluation_charts import draw_reliability, draw_segments
from mxt.pages.evaluations import Evaluation
from mxt.reports.markdown import render

DRAWING = Drawing(resamples=200)
TRUTH, TABLE = classified(["No", "Yes"], 320)
PARTS = pd.DataFrame({"part": ["a"] * 150 + ["b"] * 150 + ["c"] * 20}, TRUTH.index)


def evaluation(minimum: float, cell_minimum: float) -> Evaluation:
    told = LabelledPredictions(TRUTH, TABLE)
    metrics = [SklearnMetric(name="accuracy", minimum=minimum), SklearnMetric(name="f1")]
    segment = Segment(column="part", metrics=(SklearnMetric(name="accuracy", minimum=cell_minimum),))
    cells = segment.table(metrics, told, PARTS, DRAWING)
    coded = answers(TRUTH, TABLE)
    assert isinstance(coded, Classes)
    return Evaluation(
        "churn version 1",
        len(TRUTH),
        scores_table(metrics, told, DRAWING),
        cells.set_index(["segment", "cell"]),
        classes_table(coded, DRAWING),
        confidence_table(coded),
        None,
        "",
    )


def test_the_page_says_whether_all_limits_are_kept_and_which_are_not() -> None:
    kept, missed = evaluation(0, 0).findings(), evaluation(1, 1).findings()
    assert kept.answer[0] == "churn version 1 keeps all limits, scored on 320 rows."
    assert missed.answer[0] == (
        "churn version 1 misses accuracy (at least 1), accuracy in 2 cells of part, scored on 320 rows."
    )
    cells = [line for line in render(missed.page).splitlines() if line.startswith("| part: ")]
    assert [line.split(" | ")[0] for line in cells] == ["| part: a", "| part: b", "| part: c"]
    assert cells[2] == "| part: c | accuracy |  | insufficient (at least 1) | 20 |"
    assert "broken (at least 1)" in cells[0]


def test_a_baseline_that_is_not_met_is_told_by_its_metric() -> None:
    found = evaluation(0, 0)
    better = TABLE.assign(prediction=TRUTH)
    metrics = [SklearnMetric(name="accuracy"), SklearnMetric(name="f1")]
    compared = Baseline().compare(metrics, LabelledPredictions(TRUTH, TABLE), better, DRAWING)
    beside = replace(found, scores=found.scores.join(compared), baseline="churn version 2")
    assert not beside.passed
    assert beside.beyond == [f"{name} (not_surely_worse than the baseline)" for name in ("accuracy", "f1")]
    told = beside.findings()
    assert told.answer[0].endswith("scored on 320 rows, beside churn version 2.")
    assert "## Beside churn version 2" in render(told.page)
    assert str(told.facts["better_by"]).startswith("accuracy -0.")


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
