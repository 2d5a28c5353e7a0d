"""The positive class of a score: what scikit-learn gives with `pos_label`, for whichever class is named."""

from __future__ import annotations

import inspect
import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import binomtest
from sklearn import metrics as theirs

from metrics.tables import classified
from mxt.assessments.scores import Drawing, LabelledPredictions, scores_table
from mxt.assessments.segments import Segment
from mxt.errors import ConfigError, DataError
from mxt.metrics.base import Metric, positives
from mxt.metrics.brier import BrierMetric
from mxt.metrics.calibration_error import CalibrationErrorMetric
from mxt.metrics.gini import GiniMetric
from mxt.metrics.lift import LiftMetric
from mxt.metrics.sklearn import OF_EITHER, OF_ONE, SklearnMetric
from mxt.stats.lift import lift
from mxt.stats.roc import delong

if TYPE_CHECKING:
    from collections.abc import Callable

LATE, ON_TIME = "late", "on time"
CLASSES = [LATE, ON_TIME]
both_classes = pytest.mark.parametrize("positive", CLASSES)


def deliveries(rows: int = 400, seed: int = 0) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Truth and predictions of deliveries of which one in eight is late."""
    chance = np.random.default_rng(seed)
    late = chance.random(rows) < 0.12
    shares = np.clip(0.15 + 0.4 * late + 0.25 * chance.normal(size=rows), 0.001, 0.999)
    index = pd.Index([f"o{row:04}" for row in range(rows)], name="order")
    table = pd.DataFrame(
        {
            "prediction": np.where(shares > 0.5, LATE, ON_TIME),
            "probability_late": shares,
            "probability_on time": 1 - shares,
        },
        index=index,
    )
    return pd.Series(np.where(late, LATE, ON_TIME), index=index), table


TRUTH, TABLE = deliveries()


def ratio(which: int) -> Callable[[Any, pd.DataFrame, str], float]:
    def score(truth: Any, table: pd.DataFrame, name: str) -> float:
        told = table["prediction"] == name
        return float(theirs.class_likelihood_ratios(truth == name, told)[which])

    return score


SCORES: dict[str, Callable[[Any, pd.DataFrame, str], float]] = {
    "average_precision": lambda truth, table, name: theirs.average_precision_score(
        truth, table[f"probability_{name}"], pos_label=name
    ),
    "f1": lambda truth, table, name: theirs.f1_score(truth, table["prediction"], pos_label=name),
    "jaccard": lambda truth, table, name: theirs.jaccard_score(truth, table["prediction"], pos_label=name),
    "neg_negative_likelihood_ratio": lambda truth, table, name: -ratio(1)(truth, table, name),
    "positive_likelihood_ratio": ratio(0),
    "precision": lambda truth, table, name: theirs.precision_score(
        truth, table["prediction"], pos_label=name
    ),
    "recall": lambda truth, table, name: theirs.recall_score(truth, table["prediction"], pos_label=name),
    "d2_brier_score": lambda truth, table, name: theirs.d2_brier_score(
        truth, table[f"probability_{name}"], pos_label=name
    ),
    "neg_brier_score": lambda truth, table, name: (
        -theirs.brier_score_loss(truth, table[f"probability_{name}"], pos_label=name)
    ),
    "roc_auc": lambda truth, table, name: theirs.roc_auc_score(truth == name, table[f"probability_{name}"]),
}


def test_every_scorer_that_has_a_positive_class_takes_one() -> None:
    assert set(SCORES) == {*OF_ONE, *OF_EITHER}
    asking = set()
    for name in theirs.get_scorer_names():
        scorer = theirs.get_scorer(name)
        parameters = inspect.signature(scorer._score_func).parameters
        average = scorer._kwargs.get("average", "binary")
        if "pos_label" in parameters and average == "binary":
            asking.add(name)
    ratios = {"neg_negative_likelihood_ratio", "positive_likelihood_ratio"}  # by the order of their labels
    assert asking | ratios | {"roc_auc"} == set(SCORES)


@both_classes
@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_that_of_scikit_learn_with_pos_label(name: str, positive: str) -> None:
    expected = SCORES[name](TRUTH, TABLE, positive)
    metric = SklearnMetric(name=name, positive=positive)
    assert metric.score(TRUTH, TABLE) == pytest.approx(expected, abs=1e-12)
    assert metric.label == f"{name}_{positive}"
    by_the_job = SklearnMetric(name=name).about(positive)
    assert by_the_job.score(TRUTH, TABLE) == metric.score(TRUTH, TABLE)
    assert by_the_job.label == name
    both = metric.interval(TRUTH, TABLE, resamples=300), by_the_job.interval(TRUTH, TABLE, resamples=300)
    assert both[0] == both[1]


@pytest.mark.parametrize("name", SCORES)
def test_without_a_name_the_last_in_the_alphabet_is_scored_as_before(name: str) -> None:
    metric = SklearnMetric(name=name)
    assert metric.score(TRUTH, TABLE) == pytest.approx(SCORES[name](TRUTH, TABLE, ON_TIME), abs=1e-12)
    assert metric.positive_of(CLASSES) == (ON_TIME if name in OF_ONE else "")
    assert metric.about(LATE).positive_of(CLASSES) == (LATE if name in OF_ONE else "")


@pytest.mark.parametrize("name", OF_EITHER)
def test_a_score_of_either_class_is_the_same_for_both(name: str) -> None:
    late, on_time = (SklearnMetric(name=name, positive=each).score(TRUTH, TABLE) for each in CLASSES)
    assert late == pytest.approx(on_time, abs=1e-12)


@both_classes
@pytest.mark.parametrize("name", SCORES)
def test_resamples_are_scored_as_scikit_learn_scores_them_one_by_one(name: str, positive: str) -> None:
    truth, table = deliveries(120, seed=3)
    found = SklearnMetric(name=name, positive=positive).cells(truth, table)
    chance, cell = np.random.default_rng(5), np.asarray(found.cell)
    for _ in range(20):
        rows = chance.integers(len(truth), size=len(truth))
        drawn, told = truth.iloc[rows], table.iloc[rows]
        counts = np.bincount(cell[rows], minlength=len(found.sizes))
        expected = SCORES[name](drawn, told, positive)
        assert found.statistic(counts[None])[0] == pytest.approx(expected, abs=1e-12)


@both_classes
def test_the_slow_bootstrap_of_the_base_scores_the_same_class(positive: str) -> None:
    truth, table = deliveries(80, seed=2)
    for name in ("f1", "average_precision", "recall"):
        metric = SklearnMetric(name=name, positive=positive)
        slow, quick = Metric.cells(metric, truth, table), metric.cells(truth, table)
        rows = np.random.default_rng(1).integers(80, size=(20, 80))
        one_by_one = [slow.statistic(np.bincount(row, minlength=80)[None])[0] for row in rows]
        cell = np.asarray(quick.cell)
        at_once = [
            quick.statistic(np.bincount(cell[row], minlength=len(quick.sizes))[None])[0] for row in rows
        ]
        np.testing.assert_allclose(one_by_one, at_once, atol=1e-12)


@both_classes
@pytest.mark.parametrize(("name", "of"), [("precision", "prediction"), ("recall", "truth")])
def test_the_interval_of_wilson_counts_the_rows_of_the_class(name: str, of: str, positive: str) -> None:
    columns = {"prediction": TABLE["prediction"], "truth": TRUTH}
    right = TABLE["prediction"].eq(TRUTH)[columns[of] == positive]
    found = SklearnMetric(name=name).about(positive).interval(TRUTH, TABLE)
    expected = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    assert (found.method, found.rows) == ("wilson", len(right))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@both_classes
def test_the_interval_of_an_area_is_that_of_the_class(positive: str) -> None:
    expected = delong(TABLE[f"probability_{positive}"].to_numpy(), TRUTH.eq(positive).to_numpy())
    found = SklearnMetric(name="roc_auc", positive=positive).interval(TRUTH, TABLE)
    gini = GiniMetric(positive=positive).interval(TRUTH, TABLE)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    doubled = 2 * float(expected.low) - 1, 2 * float(expected.high) - 1
    assert (gini.low, gini.high) == pytest.approx(doubled, abs=1e-12)


@both_classes
def test_metrics_of_mxt_score_the_class(positive: str) -> None:
    shares, chosen = TABLE[f"probability_{positive}"].to_numpy(), TRUTH.eq(positive).to_numpy()
    area, ones = theirs.roc_auc_score(chosen, shares), np.ones((1, len(TRUTH)))
    expected: list[tuple[Metric, float]] = [
        (GiniMetric(), 2 * area - 1),
        (LiftMetric(share=0.1), float(lift(shares, chosen, 0.1, ones)[0])),
        (BrierMetric(), theirs.brier_score_loss(TRUTH, shares, pos_label=positive)),
    ]
    for metric, score in expected:
        named = type(metric)(**{**metric.model_dump(exclude={"KIND"}), "positive": positive})
        assert metric.about(positive).score(TRUTH, TABLE) == pytest.approx(score, abs=1e-12)
        assert named.score(TRUTH, TABLE) == metric.about(positive).score(TRUTH, TABLE)
        assert named.label == f"{metric.label}_{positive}"
    width = CalibrationErrorMetric(of="positive").about(positive)
    error = sum(
        abs((shares - chosen)[(shares >= low / 10) & (shares < (low + 1) / 10)].sum()) for low in range(10)
    )
    assert width.score(TRUTH, TABLE) == pytest.approx(error / len(TRUTH), abs=1e-12)


def test_two_classes_make_two_labels_in_one_table() -> None:
    metrics = [SklearnMetric(name="f1"), *(SklearnMetric(name="f1", positive=name) for name in CLASSES)]
    metrics += [SklearnMetric(name="roc_auc")]
    table = scores_table(metrics, LabelledPredictions(TRUTH, TABLE, LATE), Drawing(resamples=200))
    assert table["positive"].to_dict() == {"f1": LATE, "f1_late": LATE, "f1_on time": ON_TIME, "roc_auc": ""}
    scores = table["score"].to_dict()
    assert scores["f1"] == scores["f1_late"] == pytest.approx(SCORES["f1"](TRUTH, TABLE, LATE), abs=1e-12)
    assert scores["f1_on time"] == pytest.approx(SCORES["f1"](TRUTH, TABLE, ON_TIME), abs=1e-12)
    plain = scores_table(
        [SklearnMetric(name="accuracy")], LabelledPredictions(TRUTH, TABLE, LATE), Drawing(resamples=200)
    )
    assert "positive" not in plain.columns


@pytest.mark.parametrize(
    ("one", "other"), [("<50K", ">50K"), ("a/b", "a:b"), ("x" * 300, "x" * 301), ("ja", "nein")]
)
def test_labels_of_two_classes_differ_and_are_names_that_mlflow_takes(one: str, other: str) -> None:
    from mlflow.utils.validation import _validate_metric_name

    labels = [SklearnMetric(name="f1", positive=name).label for name in (one, other)]
    assert labels[0] != labels[1]
    for label in labels:
        _validate_metric_name(f"{label}_high")
        assert "/" not in label


@pytest.mark.parametrize(
    ("classes", "given", "text"),
    [
        ([0, 1], 0, "0"),
        ([0, 1], "0", "0"),
        ([False, True], False, "False"),
        ([False, True], "False", "False"),
        (["0", "1"], 0, "0"),
    ],
)
def test_a_class_is_named_by_its_text_whatever_its_type(classes: list[Any], given: Any, text: str) -> None:
    truth, table = classified(classes)
    expected = theirs.f1_score(truth == classes[0], table["prediction"] == classes[0])
    metric = SklearnMetric.model_validate_json(json.dumps({"name": "f1", "positive": given}))
    assert metric.score(truth, table) == pytest.approx(expected, abs=1e-12)
    assert metric.label == f"f1_{text}"


@pytest.mark.parametrize(("classes", "given"), [([0, 1], True), ([False, True], 1), ([0, 1], "01")])
def test_a_class_that_looks_alike_is_another(classes: list[Any], given: Any) -> None:
    truth, table = classified(classes)
    known = [str(name) for name in classes]
    with pytest.raises(ConfigError) as caught:
        SklearnMetric(name="f1", positive=given).score(truth, table)
    assert f"which is none of {known}" in str(caught.value)


@pytest.mark.parametrize(
    "metric",
    [
        SklearnMetric(name="average_precision", positive="Late"),
        BrierMetric(positive="Late"),
        CalibrationErrorMetric(of="positive", positive="Late"),
        GiniMetric(positive="Late"),
        LiftMetric(positive="Late"),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_a_class_that_the_model_does_not_know_is_refused(metric: Metric) -> None:
    for refused in (lambda: metric.interval(TRUTH, TABLE), lambda: positives([metric], CLASSES)):
        with pytest.raises(ConfigError, match=r"'Late' for positive, which is none of \['late', 'on time'\]"):
            refused()


def test_cells_of_a_wrong_column_are_counted_and_not_named() -> None:
    names = [f"customer {number}" for number in range(30)]
    with pytest.raises(ConfigError, match="which is none of its 30 classes") as caught:
        LiftMetric(positive="late").positive_of(names)
    assert "customer" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["accuracy", "f1_macro", "f1_micro", "recall_weighted", "neg_log_loss", "r2"]
)
def test_a_scorer_without_a_positive_class_refuses_one(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} has no positive class; leave `positive` out"):
        SklearnMetric(name=name, positive=LATE)
    metric = SklearnMetric(name=name)
    if name != "r2":
        assert metric.about(LATE).score(TRUTH, TABLE) == metric.score(TRUTH, TABLE)
    with pytest.raises(ValidationError, match="`positive` has a meaning with `of: positive` only"):
        CalibrationErrorMetric(positive=LATE)


def test_of_several_classes_those_metrics_have_a_positive_one_that_had_one() -> None:
    truth, table = classified(["bad", "fair", "good"])
    fair = theirs.roc_auc_score(truth == "fair", table["probability_fair"])
    assert GiniMetric().about("fair").score(truth, table) == pytest.approx(2 * fair - 1, abs=1e-12)
    assert GiniMetric().about("fair").positive_of(["bad", "fair", "good"]) == "fair"
    whole = SklearnMetric(name="average_precision")
    assert whole.about("fair").score(truth, table) == whole.score(truth, table)
    assert whole.about("fair").positive_of(["bad", "fair", "good"]) == ""
    for metric in (SklearnMetric(name="f1", positive="fair"), BrierMetric(positive="fair")):
        with pytest.raises(ConfigError, match=r"leave (its )?`positive` out"):
            metric.score(truth, table)


def test_a_model_without_probabilities_scores_cells_of_one_class() -> None:
    labels = TABLE[["prediction"]]
    told = LabelledPredictions(TRUTH, labels, LATE)
    metric = SklearnMetric(name="f1")
    assert metric.about(LATE).score(TRUTH, labels) == SCORES["f1"](TRUTH, TABLE, LATE)
    alike = (TRUTH == LATE) & (labels["prediction"] == LATE)
    assert metric.about(LATE).score(TRUTH[alike], labels[alike]) == 1
    with pytest.raises(DataError, match="f1 is not defined"):
        metric.about(ON_TIME).score(TRUTH[alike], labels[alike])
    cells = pd.DataFrame({"right": np.where(alike, "hit", "other")}, index=TRUTH.index)
    table = Segment(column="right", minimum_rows=2).table([metric], told, cells, Drawing(resamples=200))
    hit = table[table["cell"] == "hit"]
    assert (hit["score"].item(), hit["positive"].item()) == (1, LATE)


def test_the_class_of_a_job_goes_with_a_metric_to_other_processes() -> None:
    metric = SklearnMetric(name="recall", minimum=0.5).about(LATE)
    again = pickle.loads(pickle.dumps(metric))  # noqa: S301 - its own
    without = again.model_copy(update={"minimum": None})
    expected = SCORES["recall"](TRUTH, TABLE, LATE)
    assert [each.score(TRUTH, TABLE) for each in (again, without)] == [expected, expected]


@pytest.mark.parametrize("metric", [SklearnMetric(name="f1"), BrierMetric()], ids=["f1", "brier"])
def test_a_metric_that_names_no_class_is_recorded_as_before_it_could(metric: Metric) -> None:
    assert "positive" not in metric.about(LATE).model_dump_json()
    named = type(metric)(**{**metric.model_dump(exclude={"KIND"}), "positive": LATE})
    assert json.loads(named.model_dump_json())["positive"] == LATE
