"""An additive function of columns of all types, whose effect curves are known, and how to measure them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mxt.importances.base import Basis
from mxt.predictors.function import FunctionPredictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.importances.base import Importance


def subject(function: Callable[[pd.DataFrame], Any], inputs: pd.DataFrame) -> Basis:
    return Basis(FunctionPredictor(function, [*inputs.columns], []), inputs)


def effects(importance: Importance, of: Basis) -> pd.DataFrame:
    found = importance.measure(of).effects
    assert found is not None
    return found


def curve(importance: Importance, of: Basis, column: str) -> pd.DataFrame:
    table = effects(importance, of)
    return table[table["feature"] == column].reset_index(drop=True)


TRUTH: dict[str, Callable[[pd.Series[Any]], Any]] = {
    "x": np.sin,
    "count": np.square,
    "flag": lambda cells: 2.0 * cells,
    "kind": lambda cells: cells.map({"a": 0.0, "b": 5.0, "c": 1.0}).astype(float),
    "size": lambda cells: cells.astype(str).map({"S": 0.0, "M": 1.0, "L": 4.0}).astype(float),
    "maybe": lambda cells: cells.astype(float).fillna(20.0),
    "text": lambda cells: cells.astype(object).map({"u": 0.0, "v": -2.0}).astype(float).fillna(7.0),
}


def additive(table: pd.DataFrame) -> np.ndarray:
    return np.sum([np.asarray(part(table[name]), dtype=float) for name, part in TRUTH.items()], axis=0)
