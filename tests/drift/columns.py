"""Columns that tests of drift compare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mxt.drift.base.profiles import Profile
from mxt.jobs.drift import Comparing
from mxt.schemas import InputsSchema


def normal(seed: int, rows: int = 2000, mean: float = 0, scale: float = 1) -> pd.Series:
    """Normal numbers."""
    return pd.Series(np.random.default_rng(seed).normal(mean, scale, size=rows), name="x")


def texts(**counts: int) -> pd.Series:
    """Texts, each as often as its count; there are no other categories; the text "none" is missing."""
    cells = [None if text == "none" else text for text, count in counts.items() for _ in range(count)]
    return pd.Series(cells, name="plan", dtype="category")


def drawn(chance: np.random.Generator, rows: int, new: int = 0) -> pd.Series:
    """One of 90 texts, the k-th with a chance in proportion to 1 / k (Zipf's law), and rows of a new one."""
    weights = 1 / np.arange(1.0, 91)
    cells = chance.choice([f"text {place}" for place in range(90)], rows - new, p=weights / weights.sum())
    return pd.Series([*cells, *["new"] * new], name="plan")


def sampled(reference: pd.Series, schema: InputsSchema) -> Profile:
    """What a drift job compares with."""
    table = schema.check_types(reference.to_frame())
    return Comparing.with_reference(table, schema, None).references[0]


UNLISTED = InputsSchema.from_types({"plan": "string"})
