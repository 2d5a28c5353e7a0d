"""A metric of which only the score is written, as the how-to shows it: its interval, and what that costs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest

from criteria.candidates import candidate
from metrics.tables import classified
from mxt.criteria.bootstrap import BootstrapCriterion
from mxt.metrics.base import Metric
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-kind.md"


@pytest.fixture(scope="module")
def median(tmp_path_factory: pytest.TempPathFactory) -> Metric:
    """The metric that the how-to shows, out of a file of its own."""
    (code,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
        if "class MedianErrorMetric" in block
    )
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "median_error_of_the_how_to.py").write_text(code, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(folder)
        found: Metric = importlib.import_module("median_error_of_the_how_to").MedianErrorMetric()
    return found


class PlainMetric(Metric):
    """The Brier score of two classes, row after row; it counts how often it is asked."""

    KIND: Literal["PlainMetric"] = "PlainMetric"

    higher_is_better: ClassVar[bool] = False
    calls: ClassVar[list[int]] = []

    @property
    def label(self) -> str:
        return "plain"

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        self.calls.append(len(truth))
        return float(((predictions["probability_Yes"] - (truth == "Yes")) ** 2).mean())


class RightMetric(PlainMetric):
    """The share of predictions that are right."""

    KIND: Literal["RightMetric"] = "RightMetric"  # type: ignore[assignment] # a kind of this test

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        return float((predictions["prediction"] == truth).mean())


class DeviationMetric(PlainMetric):
    """The standard deviation of the predicted numbers."""

    KIND: Literal["DeviationMetric"] = "DeviationMetric"  # type: ignore[assignment] # a kind of this test

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:  # noqa: ARG002 - not of the truth
        return float(predictions["prediction"].std(ddof=0))


class MeanMetric(PlainMetric):
    """The mean of the predicted numbers."""

    KIND: Literal["MeanMetric"] = "MeanMetric"  # type: ignore[assignment] # a kind of this test

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:  # noqa: ARG002 - not of the truth
        return float(predictions["prediction"].mean())


@pytest.mark.parametrize("rows", [60, 1000])
def test_an_interval_asks_for_a_tenth_of_the_scores(rows: int) -> None:
    """There were 2,000 resamples, and one score without each row, or each of 500 parts of the rows."""
    PlainMetric.calls.clear()
    PlainMetric().interval(*classified(["No", "Yes"], rows))
    assert len(PlainMetric.calls) <= 252
    assert set(PlainMetric.calls[:2]) == {rows}


def test_more_resamples_are_to_be_had() -> None:
    assert [PlainMetric().drawn(asked) for asked in (100, 199, 500, 2000, 20_000)] == [
        100,
        199,
        199,
        200,
        2000,
    ]
    assert BrierMetric().drawn(2000) == SklearnMetric(name="max_error").drawn(2000) == 2000


def test_the_interval_is_near_that_of_all_resamples() -> None:
    """By one standard error at most, of which an interval has about four."""
    truth, table = classified(["No", "Yes"], 600)
    few, many = PlainMetric().interval(truth, table), BrierMetric().interval(truth, table)
    assert few.estimate == pytest.approx(many.estimate, abs=1e-12)
    near = (many.high - many.low) / 4
    assert few.low == pytest.approx(many.low, abs=near)
    assert few.high == pytest.approx(many.high, abs=near)
    other = table.assign(probability_Yes=table["probability_Yes"] ** 2)
    apart = PlainMetric().difference(truth, table, other)
    assert apart.low < apart.estimate < apart.high
    assert apart.estimate == PlainMetric().score(truth, table) - PlainMetric().score(truth, other)


def test_the_criterion_says_how_many_resamples_there_were() -> None:
    made, metric = candidate(), RightMetric(minimum=0.5)
    (found,) = BootstrapCriterion.model_construct(metric=metric, resamples=2000, minimum_rows=100).assess(
        made
    )
    assert (found.outcome, found.note) == ("PASS", "200 resamples")
    assert found.low < found.value < found.high


def test_the_metric_of_the_how_to_has_an_interval(median: Metric) -> None:
    chance = np.random.default_rng(0)
    truth = pd.Series(chance.normal(size=400))
    found = median.interval(truth, pd.DataFrame({"prediction": truth + chance.exponential(size=400)}))
    assert found.low < found.estimate < found.high
    assert found.low < np.log(2) < found.high


DRAWS: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], float]] = {
    "mean": (lambda chance, rows: chance.exponential(size=rows), 1.0),
    "deviation": (lambda chance, rows: chance.normal(size=rows), 1.0),
    "median": (lambda chance, rows: chance.exponential(size=rows), float(np.log(2))),
}


@pytest.mark.slow
@pytest.mark.parametrize("rows", [200, 1000])
@pytest.mark.parametrize("name", DRAWS)
def test_the_intervals_of_few_resamples_hold_as_often_as_they_say(
    name: str, rows: int, median: Metric
) -> None:
    draw, true = DRAWS[name]
    metric = {"mean": MeanMetric(), "deviation": DeviationMetric(), "median": median}[name]
    count, held = trials(1000, 4000), 0
    for trial in range(count):
        values = draw(np.random.default_rng((trial, rows)), rows)
        found = metric.interval(
            pd.Series(np.zeros(rows)), pd.DataFrame({"prediction": values}), seed=trial, resamples=2000
        )
        held += found.low <= true <= found.high
    assert 0.93 <= held / count <= 0.97
