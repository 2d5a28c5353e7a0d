"""Surrogate trees: models that are trees themselves, and rules that rows must meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.findings import Grid, Paragraph
from mxt.importances.base import Basis
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


def test_a_constant_model_is_imitated() -> None:
    found = measure(lambda table: np.full(len(table), 4.0))
    assert found.table is not None
    assert found.table["fidelity"].tolist() == [1] * 4
    assert "any row" in str(found.blocks)


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
