"""Times as numbers of days, for curves and rules, and such numbers of days as times again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base.preparation import EPOCH, part_of

if TYPE_CHECKING:
    import pandas as pd


def is_time(cells: pd.Series) -> bool:
    """Whether a column holds times."""
    import pandas as pd

    return pd.api.types.is_datetime64_any_dtype(cells)


def ordered(cells: pd.Series) -> pd.Series:
    """Times as the days elapsed since `EPOCH`, in UTC if they have a zone; other cells as they are."""
    return part_of(cells, "elapsed").rename(str(cells.name)) if is_time(cells) else cells


def written(days: float) -> str:
    """The time after so many days, to the second, or the day alone at midnight."""
    import pandas as pd

    moment = (pd.Timestamp(EPOCH) + pd.Timedelta(days=days)).round("s")
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else f"{moment:%Y-%m-%d %H:%M:%S}"
