"""Whole groups of rows are held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.splitters.base import Splitter, draw, lowest_share, require_column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class GroupedSplitter(Splitter):
    """Holds out a random share of the groups, so that no group stands in both parts.

    Example:
        {KIND: GroupedSplitter, group: Contract, test_share: 0.3}
    """

    KIND: Literal["GroupedSplitter"] = "GroupedSplitter"

    group: str
    """Column that names a row's group."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice."""

    @property
    def columns(self) -> list[str]:
        return [self.group]

    @property
    def group_column(self) -> str:
        return self.group

    def in_test(self, table: pd.DataFrame, target: str) -> np.ndarray:  # noqa: ARG002 - other members look at the target
        import pandas as pd

        require_column(table, self.group, self.KIND)
        groups = pd.Index(table[self.group].unique())
        return (
            table[self.group].isin(groups[lowest_share(draw(groups, self.seed), self.test_share)]).to_numpy()
        )
