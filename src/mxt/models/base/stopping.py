"""Early stopping: how many trees a boosted model needs, by its loss on a part of the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.datasets.splitters.base import draw
from mxt.errors import DataError
from mxt.kinds import Strict

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class EarlyStopping(Strict):
    """When to grow no further trees."""

    rounds: Annotated[int, Field(ge=1)] = 20
    """Rounds without a better loss on the part held back, after which no further tree is grown."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the training rows that is held back, of each class alike; ids and the recipe's seed choose."""

    def held_back(self, ids: pd.Index, codes: np.ndarray | None, seed: int) -> np.ndarray:
        """Which training rows are held back: booleans, shape (rows,).

        Args:
            ids: The index of the training rows.
            codes: The class of each row as a number; None for a regression.
            seed: Seed of the choice.

        Raises:
            DataError: No row would be held back.
        """
        import numpy as np

        keys, chosen = draw(ids, seed), np.zeros(len(ids), dtype=bool)
        groups = [np.arange(len(ids))] if codes is None else [*map(np.flatnonzero, _each(codes))]
        for rows in groups:
            most = len(rows) - 1  # a class needs a row to learn from
            chosen[
                rows[np.argsort(keys[rows], kind="stable")][: min(round(self.share * len(rows)), most)]
            ] = True
        if not chosen.any():
            msg = (
                f"early_stopping holds back {int(chosen.sum())} of {len(ids)} training rows by the share "
                f"{self.share:g}; use another share or more rows, or leave early_stopping out."
            )
            raise DataError(msg)
        return chosen


def _each(codes: np.ndarray) -> list[np.ndarray]:
    """For each class, which rows belong to it."""
    import numpy as np

    return [codes == code for code in np.unique(codes)]
