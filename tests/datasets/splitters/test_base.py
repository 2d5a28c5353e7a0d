"""Draws: a number for each id."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.splitters.base import draw


@pytest.mark.parametrize("kind", ["int8", "int64", "uint64"])
def test_an_integer_draws_what_its_text_draws(kind: str) -> None:
    limits = np.iinfo(kind)
    ids = pd.Index(np.array([limits.min, 0, 1, limits.max], dtype=kind))
    texts = [str(value) for value in ids.tolist()]
    for seed in (0, 7):
        expected = draw(pd.Index(texts), seed)
        assert draw(ids, seed).tolist() == draw(ids.to_series(), seed).tolist() == expected.tolist()
        assert draw(ids.astype("object"), seed).tolist() == expected.tolist()
    assert draw(ids, 0).tolist() != draw(ids, 7).tolist()
