"""The latency criterion times predictions, and compares their 95th percentile with a limit."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pandas as pd

from criteria.candidates import candidate
from mxt.criteria.latency import LatencyCriterion

if TYPE_CHECKING:
    from mxt.criteria.base import Candidate
    from mxt.models import Model


def sleeper(seconds: float, sizes: list[int]) -> Candidate:
    """A version whose model waits before each prediction, and records how many rows it predicted."""

    def predict(inputs: pd.DataFrame) -> pd.DataFrame:
        time.sleep(seconds)
        sizes.append(len(inputs))
        return pd.DataFrame({"prediction": ["good"] * len(inputs)})

    return replace(candidate(), model=cast("Model", SimpleNamespace(predict=predict)))


def test_a_model_that_takes_longer_than_the_limit_fails() -> None:
    sizes: list[int] = []
    (late,) = LatencyCriterion(maximum_milliseconds=1, calls=72).assess(sleeper(0.0015, sizes))
    assert (late.outcome, late.n, late.criterion) == ("FAIL", 72, "latency_p95_milliseconds")
    assert 1.5 <= late.low <= late.value <= late.high
    assert late.missed_by == late.value - 1
    assert sizes == [1] * 92, "twenty calls come before the timed ones"


def test_several_rows_are_predicted_at_once() -> None:
    sizes: list[int] = []
    (in_time,) = LatencyCriterion(maximum_milliseconds=1e6, calls=72, rows=50).assess(sleeper(0, sizes))
    assert (in_time.outcome, in_time.missed_by) == ("PASS", 0)
    assert in_time.criterion == "latency_p95_milliseconds_of_50_rows"
    assert {*sizes} == {50}


def test_fewer_rows_than_a_call_takes_are_insufficient() -> None:
    (assessment,) = LatencyCriterion(rows=1000).assess(candidate())
    assert (assessment.outcome, assessment.note) == ("INSUFFICIENT", "100 rows; at least 1000 are needed")
