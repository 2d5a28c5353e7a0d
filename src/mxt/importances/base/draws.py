"""Which rows are drawn: decided by their ids and a seed, whatever the order of the table and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.splitters.base import draw

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

SEED = 0
"""Seed of the rows that are drawn for figures and directions."""

SHOWN_ROWS = 5000
"""Number of rows that are drawn for figures and directions."""


def drawn(table: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """The rows with the smallest hashes of their ids, in the order of the hashes; at most `rows`.

    The same rows come in the same order, however the table is ordered.
    """
    import numpy as np

    return table.iloc[np.argsort(draw(table.index, seed), kind="stable")[:rows]]


def places_drawn(
    ids: pd.Index, rows_by_seed: Mapping[int, int], among: np.ndarray | None = None
) -> np.ndarray:
    """Positions of the rows with the smallest hashes under each seed, ordered by the hash under `SEED`.

    Args:
        ids: Ids of all rows.
        rows_by_seed: How many rows to draw under each seed.
        among: Booleans, shape (rows,); as many rows are drawn from the rows marked here as from all rows.
    """
    import numpy as np

    shown, kept = draw(ids, SEED), np.zeros(len(ids), dtype=bool)
    for seed, rows in rows_by_seed.items():
        keys = shown if seed == SEED else draw(ids, seed)
        kept[_smallest(keys, rows)] = True
        if among is not None:
            places = np.flatnonzero(among)
            kept[places[_smallest(keys[places], rows)]] = True
    return np.flatnonzero(kept)[np.argsort(shown[kept], kind="stable")]


def _smallest(keys: np.ndarray, count: int) -> np.ndarray | slice:
    """Where the `count` smallest keys are; all places if there are no more keys."""
    import numpy as np

    return np.argpartition(keys, count)[:count] if count < len(keys) else slice(None)
