"""The permutation criterion tells a signal from noise, the same way on every machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from criteria.subjects import subject, with_truth
from mxt.criteria.base import Subject
from mxt.criteria.permutation import PermutationCriterion
from mxt.datasets.splitters.base import draw
from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base.refits import TrainingTable

LOG_LOSS = SklearnMetric(name="neg_log_loss")


def by_hand(made: Subject, permutations: int) -> float:
    """p of all permutations, by scikit-learn's folds and loss."""
    assert made.recipe is not None

    def loss(table: TrainingTable) -> float:
        order = draw(table.targets.index, made.seed).argsort(kind="stable")
        ordered = table.targets.iloc[order]
        train, test = (order[part] for part in list(StratifiedKFold(5).split(ordered, ordered))[-1])
        model = made.recipe.fit(table.inputs.iloc[train], table.targets.iloc[train])  # type: ignore[union-attr] # asserted
        chances = model.predict(table.inputs.iloc[test]).iloc[:, 1:]
        return float(log_loss(table.targets.iloc[test], chances))

    whole = made.training
    observed = loss(whole)
    losses = [loss(whole.permuted(made.seed, number)) for number in range(permutations)]
    return (sum(found <= observed for found in losses) + 1) / (permutations + 1)


def test_a_signal_passes() -> None:
    (found,) = PermutationCriterion(permutations=100).assess(subject())
    assert found.outcome == "PASS"
    assert found.value == pytest.approx(1 / 97)
    assert found.n == 96
    assert found.low == 0


def test_noise_fails_early() -> None:
    (found,) = PermutationCriterion(permutations=100, metric=LOG_LOSS).assess(subject(signal=0.0, seed=1))
    assert found.outcome == "FAIL"
    assert found.missed_by == pytest.approx(found.value - 0.05)
    assert found.n < 60


def test_p_is_that_of_all_permutations_where_none_can_be_spared() -> None:
    made = subject(150, signal=0.15, seed=5)
    (found,) = PermutationCriterion(permutations=40, level=0.999, metric=LOG_LOSS).assess(made)
    assert found.value == pytest.approx(by_hand(made, found.n), abs=1 / 40)


def test_a_model_that_says_the_same_of_all_rows_does_not_pass() -> None:
    rare = np.where(np.arange(400) % 20 == 0, "bad", "good").astype(object)
    (found,) = PermutationCriterion(permutations=100).assess(
        with_truth(subject(signal=0.0, seed=1), np.random.default_rng(0).permutation(rare))
    )
    assert (found.outcome, found.value) == ("FAIL", 1.0)


def test_workers_do_not_change_a_bit() -> None:
    criterion = PermutationCriterion(permutations=40)
    assert criterion.assess(subject()) == criterion.assess(replace(subject(), workers=2))


def test_a_level_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"19 permutations cannot give a p-value below 0\.05"):
        PermutationCriterion(permutations=19)


def test_too_little_data_is_insufficient() -> None:
    (found,) = PermutationCriterion().assess(subject(60))
    assert (found.outcome, found.n) == ("INSUFFICIENT", 0)


def grouped(seed: int, *, mixed: bool = False) -> Subject:
    """Forty homes whose rows share their numbers and their target, which know nothing of each other."""
    chance, homes = np.random.default_rng(seed), np.repeat(np.arange(40), 10)
    made = subject()
    income, age = chance.normal(size=(2, 40))[:, homes]
    inputs = made.training.inputs.assign(income=income, age=age)
    labels = np.where(chance.random(40) < 0.5, "good", "bad")[homes]
    if mixed:
        labels[0] = "bad" if labels[0] == "good" else "good"
    targets = pd.Series(labels.astype(object), index=inputs.index, name="risk")
    keys = pd.DataFrame({"home": homes}, index=inputs.index)
    table = TrainingTable(inputs.drop(columns="region"), targets, GroupedSplitter(group="home"), keys)
    return replace(made, training=table)


def test_noise_in_groups_seldom_passes() -> None:
    criterion = PermutationCriterion(permutations=20, level=0.1, metric=LOG_LOSS, folds=4)
    passed = [criterion.assess(grouped(seed))[0].outcome == "PASS" for seed in range(40)]
    assert sum(passed) <= 10  # of 40 at a level of 0.1: more come once in 400 times


def test_targets_that_cannot_change_places_are_insufficient() -> None:
    (found,) = PermutationCriterion().assess(grouped(0, mixed=True))
    assert found.outcome == "INSUFFICIENT"
    assert "rows of one group have several targets" in found.note
    made = subject()
    days = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=400)}, index=made.training.inputs.index)
    in_time = replace(made.training, splitter=TimeSplitter(column="day"), keys=days)
    (found,) = PermutationCriterion().assess(replace(made, training=in_time))
    assert found.outcome == "INSUFFICIENT"
    assert "order of time" in found.note
