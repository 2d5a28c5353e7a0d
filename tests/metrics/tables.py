"""Truth and predictions of mediocre models, for the tests of metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def classified(classes: list[Any], rows: int = 300, seed: int = 0) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Truth and predictions of a classifier, indexed by id."""
    chance = np.random.default_rng(seed)
    index = pd.Index([f"id-{row}" for row in range(rows)], name="id")
    truth = pd.Series(chance.choice(classes, size=rows), index=index)
    raw = chance.random((rows, len(classes))) + 0.7 * (truth.to_numpy()[:, None] == np.array(classes))
    shares = raw / raw.sum(axis=1, keepdims=True)
    table = pd.DataFrame(shares, columns=[f"probability_{name}" for name in classes], index=index)
    table.insert(0, "prediction", np.array(classes)[shares.argmax(axis=1)])
    return truth, table


def measured(rows: int = 300, seed: int = 1) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Positive numbers, and predictions that are some percent away from them."""
    chance = np.random.default_rng(seed)
    truth = pd.Series(np.exp(chance.normal(size=rows)))
    return truth, pd.DataFrame({"prediction": truth * np.exp(0.3 * chance.normal(size=rows))})
