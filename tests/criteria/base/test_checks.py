"""What criteria check before one of them costs anything, and configs that can only be INSUFFICIENT."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from criteria.candidates import candidate
from mxt.criteria.agreement import AgreementCriterion
from mxt.criteria.base import Assessment, Candidate, Criterion
from mxt.criteria.base.checks import check_all
from mxt.criteria.bootstrap import BootstrapCriterion
from mxt.criteria.cross_validation import CrossValidationCriterion
from mxt.criteria.fairness import FairnessCriterion
from mxt.criteria.fidelity import FidelityCriterion
from mxt.criteria.latency import LatencyCriterion
from mxt.criteria.metric import MetricCriterion
from mxt.criteria.permutation import PermutationCriterion
from mxt.criteria.stability import StabilityCriterion
from mxt.errors import ConfigError, DataError, ModelError
from mxt.explainers.tree import TreeExplainer
from mxt.metrics.brier import BrierMetric
from mxt.metrics.sklearn import SklearnMetric
from mxt.models import Model

R2 = SklearnMetric(name="r2", minimum=0.5)
PARITY: dict[str, Any] = {"columns": [{"column": "region"}], "limits": {"demographic_parity_ratio": 0.8}}
FAIR = FairnessCriterion.model_validate({**PARITY, "positive": "good"}, strict=False)
EVERY = [
    CrossValidationCriterion(folds=2, repeats=1),
    PermutationCriterion(permutations=3, level=0.5, folds=2),
    BootstrapCriterion(resamples=100),
    MetricCriterion(metric=BrierMetric(maximum=0.5)),
    FAIR,
    LatencyCriterion(calls=72, rows=2),
    AgreementCriterion(rows=2, minimum_rows=2),
    StabilityCriterion(rows=2, minimum_rows=2),
    FidelityCriterion(rows=2, minimum_rows=2),
]


class CostlyCriterion(Criterion):
    """One that may not be assessed before all are checked."""

    KIND: Literal["CostlyCriterion"] = "CostlyCriterion"

    def assess(self, candidate: Candidate) -> list[Assessment]:
        raise AssertionError(candidate)


def fair(**fields: Any) -> FairnessCriterion:
    return FairnessCriterion.model_validate({**PARITY, "positive": "good", **fields}, strict=False)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (fair(positive="goo d"), ConfigError, r"no class 'goo d'; its classes are bad, good"),
        (fair(positive=None), ConfigError, r"no `positive` class is named"),
        (fair(columns=[{"column": "religion"}]), ConfigError, r"No column 'religion'"),
        (fair(columns=[{"column": "income"}]), ConfigError, r"'income' makes 100 groups"),
        (MetricCriterion(metric=R2), DataError, r"r2 is not defined .* it is for numbers"),
        (BootstrapCriterion(metric=R2), DataError, r"it is for numbers"),
        (CrossValidationCriterion(metric=R2), DataError, r"it is for numbers"),
        (PermutationCriterion(metric=R2), DataError, r"it is for numbers"),
        (
            MetricCriterion(metric=SklearnMetric(name="f1", positive=" good", minimum=0.1)),
            ConfigError,
            r"takes ' good' for positive, which is none of \['bad', 'good'\]",
        ),
        (
            AgreementCriterion(first=TreeExplainer(), rows=2, minimum_rows=2),
            ModelError,
            r"TreeExplainer does not serve",
        ),
        (
            FidelityCriterion(explainer=TreeExplainer(), rows=2, minimum_rows=2),
            ModelError,
            r"TreeExplainer does not serve",
        ),
    ],
    ids=lambda part: getattr(part, "kind", ""),
)
def test_a_criterion_that_cannot_be_assessed_is_refused_before_another_costs_anything(
    fault: Criterion, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        check_all([CostlyCriterion(), fault], candidate())


@pytest.mark.parametrize("criterion", [CrossValidationCriterion(), PermutationCriterion()])
def test_a_recipe_that_is_not_known_is_refused(criterion: Criterion) -> None:
    with pytest.raises(ConfigError, match="give the job its `recipe`"):
        check_all([CostlyCriterion(), criterion], replace(candidate(), recipe=None))


@pytest.mark.parametrize("kind", [FidelityCriterion, StabilityCriterion])
def test_a_background_that_is_absent_is_refused(kind: type[FidelityCriterion | StabilityCriterion]) -> None:
    bare = replace(candidate(), model=Model(candidate().model.predictor))
    with pytest.raises((ConfigError, ModelError), match="background"):
        check_all([CostlyCriterion(), kind(rows=2, minimum_rows=2)], bare)


def test_names_are_those_of_the_assessments_and_no_two_are_the_same() -> None:
    made = candidate()
    check_all(EVERY, made)
    for criterion in EVERY:
        assessed = [part.criterion for part in criterion.assess(made)]
        assert criterion.names(made) == assessed, type(criterion)
    with pytest.raises(ConfigError, match=r"two of them measure bootstrap_accuracy"):
        check_all([CostlyCriterion(), BootstrapCriterion(), BootstrapCriterion(resamples=500)], made)


def test_too_few_rows_are_left_to_the_assessment() -> None:
    few = candidate(40)
    for criterion in (MetricCriterion(metric=R2), AgreementCriterion(first=TreeExplainer())):
        criterion.check(few)
        assert [part.outcome for part in criterion.assess(few)] == ["INSUFFICIENT"]


@pytest.mark.parametrize("kind", [AgreementCriterion, FidelityCriterion, StabilityCriterion])
def test_rows_that_can_only_be_insufficient_are_no_config(
    kind: type[AgreementCriterion | FidelityCriterion | StabilityCriterion],
) -> None:
    with pytest.raises(ValidationError, match="50 rows can only be INSUFFICIENT where 100 are needed"):
        kind(rows=50)
    assert kind(rows=50, minimum_rows=50).rows == 50


def test_a_share_that_one_group_alone_can_have_is_no_config() -> None:
    with pytest.raises(ValidationError, match=r"at most one group has a share above 0\.5"):
        fair(minimum_share=0.6)
    assert fair(minimum_share=0.5).minimum_share == 0.5
