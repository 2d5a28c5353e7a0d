"""Losses of single predictions against scikit-learn's means."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss, zero_one_loss

from mxt.stats.losses import log_losses, squared_errors, wrong_labels

CHANCE = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_mean_is_the_log_loss_of_scikit_learn(classes: int) -> None:
    chances, codes = CHANCE.dirichlet(np.ones(classes), 200), CHANCE.integers(0, classes, 200)
    found = log_losses(chances, codes).mean(axis=0)
    assert found[0] == pytest.approx(log_loss(codes, chances, labels=[*range(classes)]), rel=1e-12)
    assert len(found) == (1 if classes == 2 else 1 + classes)
    each = [log_loss(codes == place, chances[:, place]) for place in range(classes)]
    np.testing.assert_allclose(found[1:], each if classes > 2 else [], rtol=1e-12)


def test_a_sure_mistake_costs_a_finite_loss() -> None:
    assert log_losses(np.array([[1.0, 0.0]]), np.array([1]))[0, 0] == pytest.approx(-np.log(2.0**-52))


def test_wrong_labels_are_counted_whole_and_for_each_class() -> None:
    labels, codes = CHANCE.integers(0, 3, 100), CHANCE.integers(0, 3, 100)
    found = wrong_labels(np.eye(3)[labels], codes).mean(axis=0)
    assert found[0] == pytest.approx(zero_one_loss(codes, labels))
    assert found[1:].sum() == pytest.approx(2 * found[0])


def test_errors_of_numbers_are_squared() -> None:
    assert squared_errors(np.array([1.0, -2]), np.array([3.0, -2])).tolist() == [[4], [0]]
