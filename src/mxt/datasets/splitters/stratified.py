"""A random share of the rows of each class is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.splitters.base import Splitter, draw, lowest_share, require_column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class StratifiedSplitter(Splitter):
    """Holds out the same random share of each class of the target.

    Example:
        {KIND: StratifiedSplitter, test_share: 0.2, seed: 0}
    """

    KIND: Literal["StratifiedSplitter"] = "StratifiedSplitter"

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice."""

    def in_test(self, table: pd.DataFrame, target: str) -> np.ndarray:
        import numpy as np

        require_column(table, target, self.KIND)
        keys, chosen = draw(table.index, self.seed), np.zeros(len(table), dtype=bool)
        for rows in table.groupby(target, dropna=False).indices.values():
            chosen[rows] = lowest_share(keys[rows], self.test_share)
        return chosen
