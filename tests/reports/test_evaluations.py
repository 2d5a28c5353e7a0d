"""The page and the figures of an evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from metrics.tables import classified
from mxt.assessments.classes import classes_table
from mxt.assessments.confidence import confidence_table
from mxt.assessments.scores import Baseline, Drawing, Told, scores_table
from mxt.assessments.segments import Segment
from mxt.metrics.answers import Classes, answers
from mxt.metrics.sklearn import SklearnMetric
from mxt.reports.evaluations import Findings, reliability_figure, segments_figure, summary

DRAWING = Drawing(resamples=200)
TRUTH, TABLE = classified(["No", "Yes"], 320)
PARTS = pd.DataFrame({"part": ["a"] * 150 + ["b"] * 150 + ["c"] * 20}, TRUTH.index)


def findings(minimum: float, cell_minimum: float) -> Findings:
    told = Told(TRUTH, TABLE)
    metrics = [SklearnMetric(name="accuracy", minimum=minimum), SklearnMetric(name="f1")]
    segment = Segment(column="part", metrics=(SklearnMetric(name="accuracy", minimum=cell_minimum),))
    cells = segment.table(metrics, told, PARTS, DRAWING)
    coded = answers(TRUTH, TABLE)
    assert isinstance(coded, Classes)
    return Findings(
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
    assert "churn version 1 was scored on 320 rows. It keeps all limits." in summary({}, findings(0, 0))
    page = summary({"model_uri": "models:/churn/1"}, findings(1, 1))
    assert "It does not keep: accuracy (at least 1); accuracy in 2 cells of part." in page
    assert "| part | c | accuracy |  |  |  |  | 20 | at least 1 | insufficient |" in page
    assert "| model_uri | models:/churn/1 |" in page


def test_a_baseline_that_is_not_met_is_told_by_its_metric() -> None:
    found = findings(0, 0)
    better = TABLE.assign(prediction=TRUTH)
    metrics = [SklearnMetric(name="accuracy"), SklearnMetric(name="f1")]
    compared = Baseline().compare(metrics, Told(TRUTH, TABLE), better, DRAWING)
    beside = replace(found, scores=found.scores.join(compared), baseline="churn version 2")
    assert not beside.passed
    assert beside.beyond == [f"{name} (not_surely_worse than the baseline)" for name in ("accuracy", "f1")]
    assert "beside churn version 2" in summary({}, beside)
    assert beside.facts()["better_by"].startswith("accuracy -0.")


def test_the_figure_of_segments_marks_what_is_beyond_its_limit_and_what_nobody_can_tell() -> None:
    segments = findings(1, 1).segments
    assert segments is not None
    figure = segments_figure(segments)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["part: a", "part: b", "part: c"]
    assert [line.get_marker() for line in axes.lines].count("X") == 2
    assert [text.get_text() for text in axes.texts] == ["insufficient (20 rows)"]
    plt.close(figure)


def test_the_figure_of_confidence_shows_the_bins_that_hold_rows() -> None:
    confidence = findings(0, 0).confidence
    assert confidence is not None
    figure = reliability_figure(confidence)
    above, below = figure.axes
    held = confidence[confidence["rows"] > 0]
    drawn = np.asarray(above.lines[0].get_ydata(), dtype=float)
    assert drawn.tolist() == held["accuracy"].tolist()
    assert len(below.patches) == len(confidence)
    plt.close(figure)
