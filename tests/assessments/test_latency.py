"""Latency: quantiles of the times of calls, and a limit for the 95 % quantile alone."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pandas as pd

from mxt.assessments.latency import LatencyTest

if TYPE_CHECKING:
    from mxt.models import Model

INPUTS = pd.DataFrame({"x": range(5)})


def test_each_number_of_rows_has_its_quantiles_of_at_least_what_the_model_takes() -> None:
    sizes: list[int] = []

    def predict(inputs: pd.DataFrame) -> pd.DataFrame:
        time.sleep(0.001)
        sizes.append(len(inputs))
        return inputs

    test = LatencyTest(rows=(1, 3), calls=20, warm_up=2, maximum_p95_ms=0.5)
    table = test.measure(cast("Model", SimpleNamespace(predict=predict)), INPUTS)
    assert sizes == [1] * 22 + [3] * 22
    assert table["quantile"].tolist() == ["p50", "p95", "p99"] * 2
    assert (table.index.tolist(), {*table["calls"]}) == ([1, 1, 1, 3, 3, 3], {20})
    assert (table["milliseconds"] >= 1).all()
    assert table["passed"].tolist() == [True, False, True] * 2, "the limit is for the 95 % quantile"


def test_a_quantile_at_its_limit_keeps_it() -> None:
    assert LatencyTest(maximum_p95_ms=10.0).passes(10.0)
    assert not LatencyTest(maximum_p95_ms=10.0).passes(10.1)
    assert LatencyTest().passes(1e9)
