"""A random share of the rows is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.splitters.base import Splitter, draw, lowest_share

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class HoldoutSplitter(Splitter):
    """Holds out a random share of the rows.

    Example:
        {KIND: HoldoutSplitter, test_share: 0.2, seed: 0}
    """

    KIND: Literal["HoldoutSplitter"] = "HoldoutSplitter"

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice."""

    def in_test(self, table: pd.DataFrame, target: str) -> np.ndarray:  # noqa: ARG002 - other members look at the target
        return lowest_share(draw(table.index, self.seed), self.test_share)
