"""Reasons of one row, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mxt.explainers.base import Explanation
from mxt.pages.reasons import Reasons
from mxt.registries.versions import Pinned
from mxt.stats.links import logistic

VERSION = Pinned("churn", 3, "", "", {})
CAPTIONS = """
captions:
  charges: {caption: Monthly charges, unit: €}
  plan: {values: {0: no plan, 1: a plan}}
  left: {caption: Customer, values: {1: leaves, 0: stays}}
"""


def reasons(values: list[float], outputs: tuple[str, ...] = ("1",), **changes: Any) -> Reasons:
    """Reasons of a row whose columns add `values` to a base of -1 in log-odds."""
    cells = {"charges": 29.85, "plan": 1, "city": "Zürich\n\x1b[31m", "age": np.nan}
    names = [*cells][: len(values)]
    row = pd.DataFrame({name: [cells[name]] for name in names}, index=pd.Index(["7590-VHVEG"], name="id"))
    whole = np.repeat(np.array(values)[np.newaxis, :, np.newaxis], len(outputs), axis=2)
    score = np.full((1, len(outputs)), -1 + sum(values))
    chance = float(logistic().apply(score[:, :1])[0, 0])
    explanation = Explanation(
        row.index, names, whole, np.full(len(outputs), -1.0), score, "log-odds", [*outputs], "by hand"
    )
    predicted = pd.DataFrame(
        {"prediction": [int(chance > 0.5)], "probability_0": 1 - chance, "probability_1": chance},
        index=row.index,
    )
    made = Reasons(VERSION, "t.csv", "left", row, predicted, explanation, logistic(), 0.25)
    return replace(made, **changes)
