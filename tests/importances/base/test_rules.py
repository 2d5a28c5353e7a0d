"""Rules of a small tree: scikit-learn as oracle, and rows that must meet them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from importances.test_surrogate_tree import INPUTS, ROWS, stump
from mxt.importances.base.rules import imitate


def test_the_fidelity_is_that_of_a_tree_of_scikit_learn() -> None:
    numbers = pd.DataFrame(np.random.default_rng(2).normal(size=(ROWS, 4)), columns=["a", "b", "c", "d"])
    scores = (numbers["a"] * numbers["b"] + np.sin(numbers["c"])).to_numpy()
    held_out = np.arange(ROWS) % 3 == 0
    oracle = DecisionTreeRegressor(max_depth=4, min_samples_leaf=6, random_state=0)
    oracle.fit(numbers[~held_out], scores[~held_out])
    own = imitate(numbers, scores, held_out, 4, 6)
    fidelity = r2_score(scores[held_out], oracle.predict(numbers[held_out]))
    assert own.fidelity == pytest.approx(fidelity, rel=1e-12)
    assert 0.1 < own.fidelity < 0.9
    np.testing.assert_array_equal(own.fitted.feature_importances_, oracle.feature_importances_)


def test_every_row_meets_the_rule_of_its_leaf_alone() -> None:
    scores = stump(INPUTS) + 0.3 * INPUTS["idle"].to_numpy(float) * INPUTS["flag"].to_numpy()
    held_out = np.arange(ROWS) % 4 == 0
    tree = imitate(INPUTS, scores, held_out, 3, 5)
    known = INPUTS[~held_out]
    answers = tree.fitted.predict(
        np.column_stack([coding.codes(known[coding.column]) for coding in tree.codings])
    )
    met = np.zeros(len(known), dtype=int)
    for leaf in tree.leaves():
        rows = np.logical_and.reduce([_meets(part, known) for part in leaf.rule.split(" and ")])
        assert rows.sum() == leaf.rows
        np.testing.assert_allclose(answers[rows], leaf.score)
        met += rows
    assert (met == 1).all()
    assert len(tree.leaves()) > 4


def _meets(condition: str, table: pd.DataFrame) -> np.ndarray:
    """Whether each row meets one condition, read from its text."""
    gap = condition.endswith(" or missing")
    plain = condition.removesuffix(" or missing")
    if match := re.fullmatch(r"(\w+) (not in|in) \{(.*)\}", plain):
        inside = table[match[1]].astype(str).isin(re.findall(r"'([^']*)'", match[3])).to_numpy()
        return inside if match[2] == "in" else ~inside
    match = re.fullmatch(r"(?:(\S+) < )?(\w+) (<=|>) (\S+)", plain)
    assert match, condition
    cells = table[match[2]].to_numpy(float, na_value=np.nan)
    inside = cells <= float(match[4]) if match[3] == "<=" else cells > float(match[4])
    inside &= cells > float(match[1] or "-inf")
    return inside | (np.isnan(cells) & gap)
