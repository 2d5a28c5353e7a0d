"""Segments: the scores of each cell, and of cells that cannot have any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from metrics.tables import classified
from mxt.assessments.scores import Drawing, LabelledPredictions, cell_row
from mxt.assessments.segments import Segment
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWING = Drawing(resamples=200)
ACCURACY = SklearnMetric(name="accuracy")


def scored(parts: Sequence[str], segment: Segment) -> pd.DataFrame:
    truth, table = classified(["No", "Yes"], len(parts))
    rows = pd.DataFrame({"part": parts}, index=truth.index)
    return segment.table([ACCURACY], LabelledPredictions(truth, table), rows, DRAWING).set_index(
        ["cell", "metric"]
    )


def test_a_cell_scores_as_its_rows_do_alone() -> None:
    parts = ["a"] * 200 + ["b"] * 150
    truth, told = classified(["No", "Yes"], 350)
    found = scored(parts, Segment(column="part", metrics=(ACCURACY, BrierMetric())))
    for cell, rows in (("a", slice(200)), ("b", slice(200, None))):
        for metric in (ACCURACY, BrierMetric()):
            alone = metric.interval(truth[rows], told[rows], resamples=200)
            row: Any = found.loc[(cell, metric.label)]
            assert list(row[["score", "low", "high"]]) == [alone.estimate, alone.low, alone.high]
            assert (row["rows"], row["method"], row["outcome"]) == (alone.rows, alone.method, "kept")


def test_a_cell_of_too_few_rows_gets_no_score_and_never_fails() -> None:
    strict = SklearnMetric(name="accuracy", minimum=1.0)
    found = scored(["a"] * 200 + ["b"] * 99, Segment(column="part", metrics=(strict,)))
    assert found.loc[("a", "accuracy"), "outcome"] == "broken"
    few: Any = found.loc[("b", "accuracy")]
    assert (few["outcome"], few["rows"], few["method"]) == ("insufficient", 99, "")
    assert few[["score", "low", "high"]].isna().all()


def test_a_score_that_a_cell_cannot_have_is_undefined() -> None:
    truth, told = classified(["No", "Yes"], 300)
    parts = pd.DataFrame({"part": truth.map({"No": "sad", "Yes": "happy"})})
    segment = Segment(column="part", metrics=(SklearnMetric(name="roc_auc", minimum=0.9),))
    found = segment.table([ACCURACY], LabelledPredictions(truth, told), parts, DRAWING)
    assert set(found["outcome"]) == {"undefined"}
    assert found["score"].isna().all()


def test_without_metrics_of_its_own_a_segment_takes_the_jobs_without_their_limits() -> None:
    truth, told = classified(["No", "Yes"], 200)
    segment = Segment(column="part")
    rows = pd.DataFrame({"part": ["a"] * 200}, index=truth.index)
    strict = SklearnMetric(name="accuracy", minimum=1.0)
    found = segment.table([strict], LabelledPredictions(truth, told), rows, DRAWING)
    assert found[["metric", "limits", "outcome"]].to_numpy().tolist() == [["accuracy", "no limit", "kept"]]


def test_a_score_that_is_no_number_is_undefined() -> None:
    class Unknown(BrierMetric):
        KIND: Literal["Unknown"] = "Unknown"  # type: ignore[assignment] # a kind of this test

        def score(self, *_: Any) -> float:
            return float("nan")

    told = LabelledPredictions(*classified(["No", "Yes"], 200))
    for metric in (Unknown(), Unknown(maximum=0.5)):
        assert cell_row(metric, told, 100, DRAWING)["outcome"] == "undefined"
