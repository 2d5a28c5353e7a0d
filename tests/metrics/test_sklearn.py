"""SklearnMetric gives what scikit-learn's own functions give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn import metrics as theirs

from metrics.tables import classified
from mxt.errors import ConfigError, DataError
from mxt.metrics.sklearn import SklearnMetric

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 300


BINARY = classified(["No", "Yes"])
MULTICLASS = classified(["bad", "fair", "good"])
POSITIVE = BINARY[1]["probability_Yes"]

NUMBERS = pd.Series(np.random.default_rng(1).normal(10, 2, size=ROWS))
GUESSES = pd.DataFrame({"prediction": NUMBERS + np.random.default_rng(2).normal(size=ROWS)})

BINARY_SCORES: dict[str, Callable[[pd.Series[Any], pd.Series[Any]], float]] = {
    "accuracy": theirs.accuracy_score,
    "balanced_accuracy": theirs.balanced_accuracy_score,
    "f1": lambda truth, told: theirs.f1_score(truth, told, pos_label="Yes"),
    "precision": lambda truth, told: theirs.precision_score(truth, told, pos_label="Yes"),
    "recall": lambda truth, told: theirs.recall_score(truth, told, pos_label="Yes"),
    "f1_macro": lambda truth, told: theirs.f1_score(truth, told, average="macro"),
    "matthews_corrcoef": theirs.matthews_corrcoef,
    "roc_auc": lambda truth, _: theirs.roc_auc_score(truth == "Yes", POSITIVE),
    "average_precision": lambda truth, _: theirs.average_precision_score(truth == "Yes", POSITIVE),
    "neg_log_loss": lambda truth, _: -theirs.log_loss(truth == "Yes", POSITIVE),
    "neg_brier_score": lambda truth, _: -theirs.brier_score_loss(truth == "Yes", POSITIVE),
}


@pytest.mark.parametrize("name", BINARY_SCORES)
def test_scores_of_two_classes(name: str) -> None:
    truth, table = BINARY
    expected = BINARY_SCORES[name](truth, table["prediction"])
    assert SklearnMetric(name=name).score(truth, table) == pytest.approx(expected, abs=1e-12)


SHARES = MULTICLASS[1].filter(like="probability_").to_numpy()
MULTICLASS_SCORES: dict[str, Callable[[pd.Series[Any], pd.Series[Any]], float]] = {
    "accuracy": theirs.accuracy_score,
    "balanced_accuracy": theirs.balanced_accuracy_score,
    "f1_macro": lambda truth, told: theirs.f1_score(truth, told, average="macro"),
    "f1_weighted": lambda truth, told: theirs.f1_score(truth, told, average="weighted"),
    "recall_micro": lambda truth, told: theirs.recall_score(truth, told, average="micro"),
    "neg_log_loss": lambda truth, _: -theirs.log_loss(truth, SHARES),
    "roc_auc_ovr": lambda truth, _: theirs.roc_auc_score(truth, SHARES, multi_class="ovr"),
    "roc_auc_ovo_weighted": lambda truth, _: theirs.roc_auc_score(
        truth, SHARES, multi_class="ovo", average="weighted"
    ),
}


@pytest.mark.parametrize("name", MULTICLASS_SCORES)
def test_scores_of_three_classes(name: str) -> None:
    truth, table = MULTICLASS
    expected = MULTICLASS_SCORES[name](truth, table["prediction"])
    assert SklearnMetric(name=name).score(truth, table) == pytest.approx(expected, abs=1e-12)


REGRESSION_SCORES: dict[str, Callable[[pd.Series[Any], pd.Series[Any]], float]] = {
    "r2": theirs.r2_score,
    "explained_variance": theirs.explained_variance_score,
    "neg_mean_absolute_error": lambda truth, told: -theirs.mean_absolute_error(truth, told),
    "neg_root_mean_squared_error": lambda truth, told: -theirs.root_mean_squared_error(truth, told),
    "neg_median_absolute_error": lambda truth, told: -theirs.median_absolute_error(truth, told),
    "neg_mean_absolute_percentage_error": lambda truth, told: (
        -theirs.mean_absolute_percentage_error(truth, told)
    ),
    "neg_max_error": lambda truth, told: -theirs.max_error(truth, told),
    "d2_absolute_error_score": theirs.d2_absolute_error_score,
}


@pytest.mark.parametrize("name", REGRESSION_SCORES)
def test_scores_of_numbers(name: str) -> None:
    expected = REGRESSION_SCORES[name](NUMBERS, GUESSES["prediction"])
    assert SklearnMetric(name=name).score(NUMBERS, GUESSES) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("classes", [[0, 1], [False, True], ["0", "1"]])
def test_the_type_of_the_labels_does_not_matter(classes: list[Any]) -> None:
    truth, table = classified(classes)
    texts = truth.astype(str), table.astype({"prediction": str})
    for name in ("f1", "roc_auc", "accuracy"):
        assert SklearnMetric(name=name).score(truth, table) == SklearnMetric(name=name).score(*texts)
    assert SklearnMetric(name="f1").score(truth, table) == pytest.approx(
        theirs.f1_score(truth == classes[1], table["prediction"] == classes[1]), abs=1e-12
    )


def test_ten_classes_keep_their_order() -> None:
    truth, table = classified(list(range(12)))
    expected = theirs.log_loss(truth, table.filter(like="probability_").to_numpy())
    assert SklearnMetric(name="neg_log_loss").score(truth, table) == pytest.approx(-expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "truth", "table"),
    [
        ("roc_auc", BINARY[0][BINARY[0] == "Yes"], BINARY[1][BINARY[0] == "Yes"]),
        ("roc_auc", NUMBERS, GUESSES),
        ("neg_log_loss", NUMBERS, GUESSES),
        ("accuracy", NUMBERS, GUESSES),
        ("roc_auc", *MULTICLASS),
        ("f1", *MULTICLASS),
        ("r2", NUMBERS.head(1), GUESSES.head(1)),
        ("neg_mean_squared_log_error", NUMBERS - 100, GUESSES),
        ("r2", NUMBERS.where(NUMBERS > 8), GUESSES),
        ("accuracy", BINARY[0].replace("No", "Never"), BINARY[1]),
        ("accuracy", BINARY[0].where(BINARY[0] == "No"), BINARY[1]),
    ],
)
def test_a_score_that_is_not_defined_is_refused(
    name: str, truth: pd.Series[Any], table: pd.DataFrame
) -> None:
    with pytest.raises(DataError, match=r"is not defined for these|not among the model's") as caught:
        SklearnMetric(name=name).score(truth, table)
    assert "Never" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "truth", "table"),
    [("r2", *BINARY), ("neg_mean_absolute_error", *MULTICLASS), ("f1", NUMBERS, GUESSES)],
)
def test_a_score_of_another_kind_of_model_is_refused(
    name: str, truth: pd.Series[Any], table: pd.DataFrame
) -> None:
    with pytest.raises(
        DataError, match=f"{name} is not defined for these .* it is for .* the model predicts"
    ):
        SklearnMetric(name=name).score(truth, table)


@pytest.mark.parametrize("name", ["rand_score", "v_measure_score", "adjusted_mutual_info_score"])
def test_a_scorer_of_clusterings_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} compares clusterings"):
        SklearnMetric(name=name).score(*BINARY)


def test_a_model_without_probabilities_is_scored_by_its_labels() -> None:
    truth, table = MULTICLASS
    labels = table[["prediction"]]
    for name in ("accuracy", "f1_macro", "jaccard_weighted", "matthews_corrcoef"):
        assert SklearnMetric(name=name).score(truth, labels) == SklearnMetric(name=name).score(truth, table)
    whole = pd.Series([0, 1, 2, 1]), pd.DataFrame({"prediction": [0, 1, 1, 1]})
    assert SklearnMetric(name="accuracy").score(*whole) == 0.75
    with pytest.raises(DataError, match="is not defined for these"):
        SklearnMetric(name="roc_auc_ovr").score(truth, labels)


def test_a_precision_of_no_predicted_row_is_no_number() -> None:
    truth, table = BINARY
    never = table.assign(prediction="No")
    with pytest.raises(DataError, match=r"precision is not defined .*UndefinedMetricWarning"):
        SklearnMetric(name="precision").score(truth, never)
    assert SklearnMetric(name="f1").score(truth, never) == 0
    macro = theirs.precision_score(truth, never["prediction"], average="macro", zero_division=0)
    assert SklearnMetric(name="precision_macro").score(truth, never) == macro


@pytest.mark.parametrize(
    ("name", "chosen"), [("accuracy", None), ("precision", "told"), ("recall", "truth"), ("f1_micro", None)]
)
def test_proportions_have_the_interval_of_wilson(name: str, chosen: str | None) -> None:
    truth, table = BINARY
    columns = {"told": table["prediction"] == "Yes", "truth": truth == "Yes"}
    right = (truth == table["prediction"])[columns[chosen] if chosen else truth.notna()]
    found = SklearnMetric(name=name).interval(truth, table)
    expected = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    assert (found.method, found.rows) == ("wilson", len(right))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.estimate == SklearnMetric(name=name).score(truth, table)


@pytest.mark.parametrize(("name", "method"), [("roc_auc", "delong"), ("f1", "bca"), ("roc_auc_ovr", "bca")])
def test_each_interval_tells_its_method(name: str, method: str) -> None:
    found = SklearnMetric(name=name).interval(*BINARY)
    assert found.method == method
    assert found.low < found.estimate < found.high


def test_a_model_that_is_always_right_has_an_interval_too() -> None:
    truth, table = BINARY
    right = SklearnMetric(name="accuracy").interval(truth, table.assign(prediction=truth))
    assert right.estimate == right.high == 1
    assert 0.98 < right.low < 1


@pytest.mark.parametrize("name", ["rocauc", "log_loss", ""])
def test_an_unknown_scorer_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match=f"no scorer '{name}'; it has accuracy, .*roc_auc"):
        SklearnMetric(name=name).score(*BINARY)
