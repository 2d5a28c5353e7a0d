"""The positive class of a job: from its config, else from the version, and warned of where it is a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mxt.errors import ConfigError
from mxt.jobs.base.positives import checked, chosen, of_targets, warn_of_other
from mxt.metrics.sklearn import SklearnMetric
from mxt.models import Model
from mxt.predictors.function import FunctionPredictor

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWERS = pd.Series(["No", "Yes", "No"])
F1, AUC = SklearnMetric(name="f1"), SklearnMetric(name="roc_auc", positive="No")


def model(classes: Sequence[str], positive: str | None = None) -> Model:
    predictor = FunctionPredictor(lambda inputs: inputs["a"], ["a"], [*classes])
    return Model(predictor, positive=positive)


def test_a_class_of_the_config_must_be_one_of_the_models() -> None:
    assert checked("Yes", ["No", "Yes"]) == "Yes"
    assert checked(1, ["0", "1"]) == "1"
    assert checked(None, ["No", "Yes"]) is None
    with pytest.raises(ConfigError, match="knows no class 'yes'; its classes are"):
        checked("yes", ["No", "Yes"])
    with pytest.raises(ConfigError, match="it predicts numbers; leave `positive` out"):
        checked("Yes", [])


def test_the_config_wins_over_the_class_recorded_with_the_version() -> None:
    recorded = model(["No", "Yes"], positive="No")
    assert [chosen("Yes", recorded), chosen(None, recorded)] == ["Yes", "No"]
    assert chosen(None, model(["No", "Yes"])) is None


def test_the_alphabetical_order_of_two_texts_is_warned_of(warned: list[str]) -> None:
    assert of_targets(None, [F1, AUC], ANSWERS, numbers=False) == {"f1": "Yes", "roc_auc_No": "No"}
    assert len(warned) == 1
    assert warned[0].startswith("the positive class of f1 is 'Yes', the last of")


@pytest.mark.parametrize(
    ("metrics", "targets", "numbers", "classes"),
    [
        ([AUC], ANSWERS, False, {"roc_auc_No": "No"}),
        ([F1], pd.Series([0, 1, 0]), False, {"f1": "1"}),
        ([F1], pd.Series([False, True]), False, {"f1": "True"}),
        ([SklearnMetric(name="r2")], pd.Series([0.5, 1.5]), True, {}),
    ],
)
def test_a_class_is_no_guess_where_it_is_named_or_ordered_as_numbers(
    metrics: list[SklearnMetric],
    targets: pd.Series[Any],
    numbers: bool,  # noqa: FBT001 - a case
    classes: dict[str, str],
    warned: list[str],
) -> None:
    assert of_targets(None, metrics, targets, numbers=numbers) == classes
    assert warned == []


def test_another_class_of_the_other_version_is_warned_of(warned: list[str]) -> None:
    one, other = model(["No", "Yes"]), model(["No", "Yes"], positive="No")
    warn_of_other(None, one, model(["No", "Yes"], positive="Yes"), "version 2")
    warn_of_other("No", one, other, "version 2")
    warn_of_other(None, one, model(["No", "Yes"]), "version 2")
    assert warned == []
    warn_of_other(None, one, other, "version 2")
    assert warned == [
        "version 2 was registered with the positive class 'No'; both versions are scored by the class 'Yes'"
    ]
