"""What every metric owes: its best score for perfect predictions, an interval, and limits that are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from mxt.errors import DataError
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.metrics.base import Metric

METRICS = {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(Metric).items()}
each_metric = pytest.mark.parametrize("name", METRICS)


def truth(rows: int = 200) -> pd.Series[Any]:
    """Labels of two classes."""
    labels = np.random.default_rng(0).choice(["No", "Yes"], size=rows, p=[0.7, 0.3])
    return pd.Series(labels, index=pd.RangeIndex(rows, name="row"))


def predictions(labels: pd.Series[Any], wrong: float) -> pd.DataFrame:
    """Sure predictions of `labels`, of which a share is wrong."""
    fooled = np.random.default_rng(1).random(len(labels)) < wrong
    told = labels.where(~fooled, labels.map({"No": "Yes", "Yes": "No"}))
    sure = (told == "Yes").astype(float)
    return pd.DataFrame({"prediction": told, "probability_No": 1 - sure, "probability_Yes": sure})


def unsure(labels: pd.Series[Any]) -> pd.DataFrame:
    """Predictions that are better the surer they are."""
    noise = np.random.default_rng(3).normal(size=len(labels))
    sure = 1 / (1 + np.exp(-(3 * (labels == "Yes") - 1.5 + noise)))
    told = np.where(sure > 0.5, "Yes", "No")
    return pd.DataFrame(
        {"prediction": told, "probability_No": 1 - sure, "probability_Yes": sure}, labels.index
    )


@each_metric
def test_more_mistakes_make_a_worse_score(name: str) -> None:
    metric = METRICS[name]
    scores = [metric.score(truth(), predictions(truth(), wrong)) for wrong in (0, 0.1, 0.3)]
    assert scores == sorted(scores, reverse=metric.higher_is_better)
    assert len(set(scores)) == 3


@each_metric
def test_a_score_does_not_depend_on_the_order_of_rows(name: str) -> None:
    told = predictions(truth(), 0.2)
    order = np.random.default_rng(2).permutation(len(told))
    shuffled = METRICS[name].score(truth().iloc[order], told.iloc[order])
    assert shuffled == pytest.approx(METRICS[name].score(truth(), told), abs=1e-12)


@each_metric
def test_a_score_lies_in_its_interval(name: str) -> None:
    metric, labels = METRICS[name], truth()
    told = unsure(labels)
    for found in (metric.interval(labels, told), metric.bootstrap(labels, told, resamples=500)):
        assert found.estimate == metric.score(labels, told)
        assert found.low <= found.estimate <= found.high
        assert found.low < found.high
        assert 0 < found.rows <= len(labels)
    assert metric.bootstrap(labels, told, resamples=500).method == "bca"


@each_metric
def test_an_interval_depends_on_the_rows_and_the_seed_alone(name: str) -> None:
    metric, labels = METRICS[name], truth()
    told = unsure(labels)
    order = np.random.default_rng(2).permutation(len(told))
    found = metric.bootstrap(labels, told, seed=3, resamples=500)
    shuffled = metric.bootstrap(labels.iloc[order], told.iloc[order], seed=3, resamples=500)
    assert (shuffled.low, shuffled.high) == pytest.approx((found.low, found.high), abs=1e-12)


@each_metric
def test_a_model_does_not_differ_from_itself_and_does_from_a_worse_one(name: str) -> None:
    metric, labels = METRICS[name], truth()
    told = unsure(labels)
    same = metric.difference(labels, told, told, resamples=500)
    assert (same.estimate, same.low, same.high) == (0, 0, 0)
    worse = predictions(labels, 0.4)
    apart = metric.difference(labels, told, worse, resamples=500)
    assert apart.estimate == metric.score(labels, told) - metric.score(labels, worse)
    assert (apart.low > 0) if metric.higher_is_better else (apart.high < 0)


@each_metric
def test_numbers_are_refused_by_metrics_of_classes(name: str) -> None:
    numbers = pd.Series([1.5, 2.5, 3.5])
    with pytest.raises(DataError, match="for classes, and the model predicts numbers"):
        METRICS[name].interval(numbers, pd.DataFrame({"prediction": numbers}))


@each_metric
@pytest.mark.parametrize(
    ("limits", "kept", "broken", "words"),
    [
        ({}, [-1e9, 0, 1e9], [np.nan], "no limit"),
        ({"minimum": 0.5}, [0.5, 1], [0.4999, -1, np.nan], "at least 0.5"),
        ({"maximum": 0.5}, [0.5, -1], [0.5001, 1, np.nan], "at most 0.5"),
        ({"minimum": 0.2, "maximum": 0.5}, [0.2, 0.5], [0.1, 0.6, np.nan], "at least 0.2 and at most 0.5"),
        ({"minimum": 0.0}, [0.0], [-1e-12], "at least 0"),
    ],
)
def test_limits_are_kept(
    name: str, limits: dict[str, float], kept: list[float], broken: list[float], words: str
) -> None:
    metric = METRICS[name].model_copy(update={"minimum": None, "maximum": None} | limits)
    assert metric.limits() == words
    assert all(metric.passes(score) for score in kept)
    assert not any(metric.passes(score) for score in broken)


@each_metric
def test_a_score_has_a_label(name: str) -> None:
    assert METRICS[name].label.isidentifier()


@pytest.mark.parametrize("limit", ["minimum", "maximum"])
def test_nobody_knows_how_far_an_unknown_score_lies_beyond_a_limit(limit: str) -> None:
    metric = next(iter(METRICS.values())).model_copy(update={limit: 0.5})
    assert np.isnan(metric.beyond(float("nan")))
    assert not metric.passes(float("nan"))
