"""Estimates of one arm of an experiment, with standard errors that hold where subjects have many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_REACH = 1.959963984540054
"""How many standard errors a quantile's share is moved by, to see how far the quantile moves: Woodruff's."""


@dataclass(frozen=True)
class ArmEstimate:
    """An estimate of one arm."""

    value: float
    error: float
    """Its standard error over samples of subjects."""
    subjects: int
    """How many subjects it rests on; the units that are independent."""
    count: float
    """How many rows it rests on."""
    successes: int | None = None
    """How many of the `count` rows succeed, of a share of independent rows; else None."""
    unknown: str = ""
    """Why the error is not known, if it is NaN."""

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the error."""
        return self.subjects - 1


def ratio_of_sums(tops: np.ndarray, bottoms: np.ndarray, subjects: np.ndarray) -> ArmEstimate:
    """The sum of one quantity over that of another, such as hits over cases, or a total over rows.

    The error is that of the delta method over subjects: rows of one subject may depend on each other. A mean
    of one row a subject gets its usual error.

    Args:
        tops: What is summed above, of each row.
        bottoms: What is summed below, of each row; the sum is > 0.
        subjects: The subject of each row, as codes from 0 on without a gap.

    Source:
        Deng, Knoblich and Lu, KDD 2018, Applying the delta method in metric analytics, equation 3.
    """
    import numpy as np

    above, below = np.bincount(subjects, weights=tops), np.bincount(subjects, weights=bottoms)
    with np.errstate(over="ignore", invalid="ignore"):
        count, value = len(below), above.sum() / below.sum()
        deviations = (above - value * below) / below.mean()
        error = np.sqrt((deviations**2).sum() / (count * (count - 1))) if count > 1 else np.nan
    alone = count == len(tops) and _yes_or_no(tops) and _yes_or_no(bottoms)
    successes = int(tops.sum()) if alone else None
    return ArmEstimate(float(value), float(error), count, float(below.sum()), successes)


def quantile(values: np.ndarray, subjects: np.ndarray, share: float) -> ArmEstimate:
    """The value that this share of all rows does not exceed.

    The error is NaN if a reach of 95 % ends beyond the largest or below the smallest value. So it is if the
    rows that equal the quantile, or an end of the reach, are a larger share than the standard error of the
    share: the quantile of whole or rounded numbers moves in steps, which Woodruff's error ignores.

    Args:
        values: Of each row.
        subjects: As in `ratio_of_sums`.
        share: In (0, 1).

    Source:
        Woodruff 1952, JASA 47:635, Confidence intervals for medians and other position measures; the error
        of the share is that over subjects.
    """
    import numpy as np

    value = np.quantile(values, share)
    of_share = ratio_of_sums((values <= value).astype(float), np.ones(len(values)), subjects)
    low, high = share - _REACH * of_share.error, share + _REACH * of_share.error
    error, unknown = np.nan, "too few values lie beyond the quantile"
    if low > 0 and high < 1:
        unknown = ""
        if _tied(values, [low, share, high]) > of_share.error:
            unknown = "too many rows equal the quantile; compare a share or a mean"
        else:
            ends = np.quantile(values, [low, high])
            error = (ends[1] - ends[0]) / (2 * _REACH)
    return ArmEstimate(float(value), float(error), of_share.subjects, float(len(values)), unknown=unknown)


def _tied(values: np.ndarray, shares: list[float]) -> float:
    """The largest share of rows that have one value, of the values on either side of these quantiles."""
    import numpy as np

    sides = [np.quantile(values, shares, method=side) for side in ("lower", "higher")]
    return max(float((values == value).mean()) for value in np.unique(sides))


def _yes_or_no(values: np.ndarray) -> bool:
    return bool(((values == 0) | (values == 1)).all())
