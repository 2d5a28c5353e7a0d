"""Partial dependence: scikit-learn as oracle, and the interval of a mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.inspection import partial_dependence

from importances.curves import effects
from mxt.importances.base import Basis
from mxt.importances.base.levels import levels_of
from mxt.importances.partial_dependence import PartialDependenceImportance


def test_partial_dependence_is_that_of_scikit_learn(forest: Any) -> None:
    predictor, inputs = forest
    table = effects(PartialDependenceImportance(points=9), Basis(predictor, inputs))
    for column in ("x", "count", "kind"):
        found = table[table["feature"] == column]
        first = found[found["class"] == "low"]
        grid = (
            first["value"].to_numpy(object) if column == "kind" else levels_of(inputs[column], 9, 9).numbers
        )
        floats = inputs.astype({"count": float})
        oracle = partial_dependence(
            predictor.native, floats, [column], custom_values={column: grid}, kind="average"
        )
        own = found.pivot_table(index="class", columns="place", values="effect")
        np.testing.assert_allclose(own.to_numpy(), oracle["average"], atol=1e-9)


def test_the_interval_of_partial_dependence_is_that_of_a_mean(forest: Any) -> None:
    predictor, inputs = forest
    found = effects(PartialDependenceImportance(), Basis(predictor, inputs))
    row = found[(found["feature"] == "kind") & (found["class"] == "mid") & (found["value"] == "b")].iloc[0]
    answers = predictor.native.predict_proba(inputs.assign(kind="b"))[:, 1]
    reach = stats.t.ppf(0.975, 299) * answers.std(ddof=1) / np.sqrt(300)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([answers.mean() - reach, answers.mean() + reach])
