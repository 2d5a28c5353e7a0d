"""Weights of rows by their class: those of scikit-learn, or those of the config."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from mxt.errors import ConfigError
from mxt.models.base.weights import row_weights

CODES = np.array([0, 1, 1, 2, 1, 0])


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    np.testing.assert_allclose(
        row_weights("balanced", ["a", "b", "c"], CODES), compute_sample_weight("balanced", CODES)
    )


def test_classes_without_a_weight_weigh_one() -> None:
    assert row_weights({"1": 3.0}, [0, 1, 2], CODES).tolist() == [1, 3, 3, 1, 3, 1]


def test_a_class_that_the_target_lacks_is_refused_with_the_one_meant() -> None:
    with pytest.raises(
        ConfigError, match="class_weight: the target has no class 'yes'; perhaps 'Yes' was meant"
    ):
        row_weights({"yes": 2.0}, ["No", "Yes"], CODES)
