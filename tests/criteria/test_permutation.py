"""The permutation criterion tells a signal from noise, the same way on every machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from criteria.candidates import candidate, with_truth
from mxt.criteria.base import Candidate
from mxt.criteria.permutation import PermutationCriterion
from mxt.datasets.splitters.base import draw
from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.refits import TrainingTable

LOG_LOSS = SklearnMetric(name="neg_log_loss")


def by_hand(made: Candidate, permutations: int) -> float:
    """p of all permutations, by scikit-learn's folds and loss."""
    assert made.recipe is not None

    def loss_of(table: TrainingTable) -> float:
        order = draw(table.targets.index, made.seed).argsort(kind="stable")
        ordered = table.targets.iloc[order]
        train, test = (order[part] for part in list(StratifiedKFold(5).split(ordered, ordered))[-1])
        model = made.recipe.fit(table.inputs.iloc[train], table.targets.iloc[train])  # type: ignore[union-attr] # asserted
        chances = model.predict(table.inputs.iloc[test]).iloc[:, 1:]
        return float(log_loss(table.targets.iloc[test], chances))

    whole = made.training
    observed = loss_of(whole)
    losses = [loss_of(whole.permuted(made.seed, number)) for number in range(permutations)]
    return (sum(loss <= observed for loss in losses) + 1) / (permutations + 1)


def test_a_signal_passes() -> None:
    (assessment,) = PermutationCriterion(permutations=100).assess(candidate())
    assert assessment.outcome == "PASS"
    assert assessment.value == pytest.approx(1 / 97)
    assert assessment.n == 96
    assert assessment.low == 0


def test_noise_fails_early() -> None:
    (assessment,) = PermutationCriterion(permutations=100, metric=LOG_LOSS).assess(
        candidate(signal=0.0, seed=1)
    )
    assert assessment.outcome == "FAIL"
    assert assessment.missed_by == pytest.approx(assessment.value - 0.05)
    assert assessment.n < 60


def test_p_is_that_of_all_permutations_where_none_can_be_spared() -> None:
    made = candidate(150, signal=0.15, seed=5)
    (assessment,) = PermutationCriterion(permutations=40, level=0.999, metric=LOG_LOSS).assess(made)
    assert assessment.value == pytest.approx(by_hand(made, assessment.n), abs=1 / 40)


def test_a_model_that_predicts_the_same_for_all_rows_does_not_pass() -> None:
    rare = np.where(np.arange(400) % 20 == 0, "bad", "good").astype(object)
    (assessment,) = PermutationCriterion(permutations=100).assess(
        with_truth(candidate(signal=0.0, seed=1), np.random.default_rng(0).permutation(rare))
    )
    assert (assessment.outcome, assessment.value) == ("FAIL", 1.0)


def test_a_level_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"19 permutations cannot give a p-value below 0\.05"):
        PermutationCriterion(permutations=19)


def test_too_little_data_is_insufficient() -> None:
    (assessment,) = PermutationCriterion().assess(candidate(60))
    assert (assessment.outcome, assessment.n) == ("INSUFFICIENT", 0)


def grouped(seed: int, *, mixed: bool = False) -> Candidate:
    """Forty homes whose rows share their numbers and their target, which know nothing of each other."""
    chance, homes = np.random.default_rng(seed), np.repeat(np.arange(40), 10)
    made = candidate()
    income, age = chance.normal(size=(2, 40))[:, homes]
    inputs = made.training.inputs.assign(income=income, age=age)
    labels = np.where(chance.random(40) < 0.5, "good", "bad")[homes]
    if mixed:
        labels[0] = "bad" if labels[0] == "good" else "good"
    targets = pd.Series(labels.astype(object), index=inputs.index, name="risk")
    keys = pd.DataFrame({"home": homes}, index=inputs.index)
    table = TrainingTable(inputs.drop(columns="region"), targets, GroupedSplitter(group="home"), keys)
    return replace(made, training=table)


def test_the_targets_of_a_group_change_places_together() -> None:
    table = grouped(0).training
    homes = table.keys["home"]
    for number in range(5):
        permuted = table.permuted(0, number).targets
        assert permuted.equals(permuted.groupby(homes).transform("first"))
        assert sorted(permuted) == sorted(table.targets)
        assert not permuted.equals(table.targets)


def test_noise_in_groups_does_not_pass() -> None:
    (assessment,) = PermutationCriterion(permutations=20, level=0.1, metric=LOG_LOSS, folds=4).assess(
        grouped(0)
    )
    assert assessment.outcome == "FAIL"


@pytest.mark.slow
def test_noise_in_groups_seldom_passes() -> None:
    criterion = PermutationCriterion(permutations=20, level=0.1, metric=LOG_LOSS, folds=4)
    passed = [criterion.assess(grouped(seed))[0].outcome == "PASS" for seed in range(40)]
    assert sum(passed) <= 10  # of 40 at a level of 0.1: more come once in 400 times


def test_targets_that_cannot_change_places_are_insufficient() -> None:
    (assessment,) = PermutationCriterion().assess(grouped(0, mixed=True))
    assert assessment.outcome == "INSUFFICIENT"
    assert "rows of one group have several targets" in assessment.note
    made = candidate()
    days = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=400)}, index=made.training.inputs.index)
    in_time = replace(made.training, splitter=TimeSplitter(column="day"), keys=days)
    (assessment,) = PermutationCriterion().assess(replace(made, training=in_time))
    assert assessment.outcome == "INSUFFICIENT"
    assert "order of time" in assessment.note
