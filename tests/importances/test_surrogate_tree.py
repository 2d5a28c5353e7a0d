"""Surrogate trees: models that are trees themselves, and rules that rows must meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from mxt.errors import DataError
from mxt.findings import Grid, Paragraph
from mxt.importances.base import Basis
from mxt.importances.base.rules import imitate
from mxt.importances.surrogate_tree import SurrogateTreeImportance
from mxt.predictors.function import FunctionPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.importances.base import Measurement

CHANCE = np.random.default_rng(0)
ROWS = 600
INPUTS = pd.DataFrame(
    {
        "x": pd.Series(CHANCE.normal(size=ROWS)).mask(CHANCE.random(ROWS) < 0.1),
        "kind": CHANCE.choice(["red", "green|blue", "white"], ROWS),
        "flag": CHANCE.random(ROWS) < 0.5,
        "idle": pd.Series(CHANCE.integers(0, 5, ROWS), dtype="Int64"),
    }
)


def stump(table: pd.DataFrame) -> np.ndarray:
    """A tree of two questions."""
    warm = (table["kind"] != "white").to_numpy()
    high = (table["x"] > 0.5).to_numpy() | table["x"].isna().to_numpy()
    return np.where(warm, np.where(high, 3.0, 1.0), -2.0)


def measure(
    function: Callable[[pd.DataFrame], Any], inputs: pd.DataFrame = INPUTS, **fields: Any
) -> Measurement:
    predictor = FunctionPredictor(function, [*inputs.columns], [])
    return SurrogateTreeImportance(**fields).measure(Basis(predictor, inputs))


def test_a_tree_is_imitated_whole() -> None:
    found = measure(stump)
    assert found.table is not None
    assert found.table["fidelity"].to_numpy() == pytest.approx(1)
    told = found.table.set_index("feature")["importance"]
    assert told[["idle", "flag"]].tolist() == [0, 0]
    assert told.sum() == pytest.approx(1)
    fidelity, rules = found.blocks
    assert isinstance(fidelity, Paragraph)
    assert isinstance(rules, Grid)
    assert "with a fidelity of 1.000" in fidelity.text
    text = " ".join(rule for rule, _, _ in rules.rows)
    assert "green|blue" in text or "{'white'}" in text
    assert re.search(r"x > 0\.\d+ or missing and kind|kind .* and x > 0\.\d+ or missing", text)


def test_the_fidelity_is_of_rows_held_out() -> None:
    noise = np.random.default_rng(1).normal(size=ROWS)
    found = measure(lambda table: noise[: len(table)], depth=6)
    assert found.table is not None
    assert found.table["fidelity"].max() < 0.2


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


def test_a_constant_model_is_imitated() -> None:
    found = measure(lambda table: np.full(len(table), 4.0))
    assert found.table is not None
    assert found.table["fidelity"].tolist() == [1] * 4
    assert "any row" in str(found.blocks)


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


def test_the_tree_does_not_depend_on_the_order_of_rows() -> None:
    one, other = measure(stump, rows=300), measure(stump, INPUTS.iloc[::-1], rows=300)
    assert one.blocks == other.blocks
    assert one.table is not None
    assert other.table is not None
    pd.testing.assert_frame_equal(one.table, other.table)


def test_a_leaf_tells_of_no_single_row() -> None:
    found = measure(lambda table: table["idle"].to_numpy(float) ** 3, depth=6, rows=40, test_share=0.3)
    rules = found.blocks[1]
    assert isinstance(rules, Grid)
    assert min(int(rows) for _, _, rows in rules.rows) >= 5
    with pytest.raises(DataError, match="needs 20 rows at least; there are 19"):
        measure(stump, INPUTS.head(19))
