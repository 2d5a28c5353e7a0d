"""Segments: the cells that rows fall in, and the scores of each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pydantic import ValidationError

from metrics.tables import classified
from mxt.assessments.scores import Drawing, Told
from mxt.assessments.segments import Segment
from mxt.errors import ConfigError, DataError
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWING = Drawing(resamples=200)
ACCURACY = SklearnMetric(name="accuracy")


def cells(values: Sequence[Any], **fields: Any) -> list[str]:
    found = Segment(column="part", **fields).cells(pd.DataFrame({"part": values}), "here")
    return found.tolist()


def order(values: Sequence[Any], **fields: Any) -> list[str]:
    """The names of the cells in their order."""
    found = Segment(column="part", **fields).cells(pd.DataFrame({"part": values}), "here")
    return found.cat.categories.tolist()


def test_values_are_cells_and_what_is_missing_is_one_too() -> None:
    assert cells(["b", None, "a", "b"]) == ["b", "missing", "a", "b"]
    assert order(["b", None, "a", "b"]) == ["a", "b", "missing"]
    assert order([10, 9, 10]) == ["9", "10"]
    assert order([True, False]) == ["False", "True"]


def test_bins_hold_as_many_rows_each_and_a_number_on_an_edge_is_above_it() -> None:
    assert order(list(range(100)), bins=4) == [
        "below 24.75",
        "24.75 to below 49.5",
        "49.5 to below 74.25",
        "74.25 and above",
    ]
    assert set(Counter(cells(list(range(100)), bins=4)).values()) == {25}
    assert cells([1, 2, 3, None], edges=(2,)) == ["below 2", "2 and above", "2 and above", "missing"]
    assert cells([5, 5, 5], bins=3) == ["5 and above"] * 3


def test_edges_that_look_alike_are_told_apart() -> None:
    assert len(order([1.0, 2.0], edges=(1.00000001, 1.00000002))) == 3


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("month", ["2025-01", "2025-02", "missing"]),
        ("year", ["2025", "missing"]),
        ("quarter", ["2025Q1", "missing"]),
        ("day", ["2025-01-31", "2025-02-01", "missing"]),
    ],
)
def test_times_fall_into_periods(period: str, expected: list[str]) -> None:
    texts = ["2025-02-01T10:00:00", "2025-01-31", None]
    assert order(texts, period=period) == expected
    assert order(pd.to_datetime(pd.Series(texts), format="ISO8601").tolist(), period=period) == expected


@pytest.mark.parametrize(
    ("values", "fields", "told"),
    [
        (["a", "b"], {"bins": 2}, "holds no numbers, so it has no bins"),
        (["soon", "2025-01-01"], {"period": "month"}, "1 values .* are no times in the form of ISO 8601"),
        ([1, 2], {"period": "month"}, "2 values .* are no times"),
        (list(map(str, range(51))), {}, "has 51 values, and a segment has at most 50 cells; cut it by bins"),
        (pd.date_range("2025-01-01", periods=60).astype(str), {"period": "day"}, "spans 60 days"),
    ],
)
def test_a_column_that_is_not_cut_that_way_is_told(
    values: Sequence[Any], fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        cells(values, **fields)
    assert "soon" not in str(caught.value)


def test_an_absent_column_is_named() -> None:
    with pytest.raises(DataError, match="here: the segment's column 'part' is missing"):
        Segment(column="part").cells(pd.DataFrame({"other": [1]}), "here")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"bins": 3, "period": "day"}, "one of bins, edges and period"),
        ({"edges": (2, 1)}, "edges must ascend"),
    ],
)
def test_a_segment_is_cut_one_way(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Segment(column="part", **fields)


def scored(parts: Sequence[str], segment: Segment) -> pd.DataFrame:
    truth, table = classified(["No", "Yes"], len(parts))
    column = segment.cells(pd.DataFrame({"part": parts}, index=truth.index), "here")
    return segment.table([ACCURACY], Told(truth, table), column, DRAWING).set_index(["cell", "metric"])


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
    found = segment.table([ACCURACY], Told(truth, told), segment.cells(parts, "here"), DRAWING)
    assert set(found["outcome"]) == {"undefined"}
    assert found["score"].isna().all()


def test_without_metrics_of_its_own_a_segment_takes_the_jobs_without_their_limits() -> None:
    truth, told = classified(["No", "Yes"], 200)
    segment = Segment(column="part")
    column = segment.cells(pd.DataFrame({"part": ["a"] * 200}, index=truth.index), "here")
    strict = SklearnMetric(name="accuracy", minimum=1.0)
    found = segment.table([strict], Told(truth, told), column, DRAWING)
    assert found[["metric", "limits", "outcome"]].to_numpy().tolist() == [["accuracy", "no limit", "kept"]]
