"""How many rows of categories that a sample missed may come by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

MARKED_SHARES = (0.5, 0.9)
"""Shares of the sample that play the part of later rows: the first suits one with many rare categories."""


def unseen_rows(counts: np.ndarray, rows: int, level: float) -> float:
    """The number that unseen categories' rows exceed, among later rows, with at most a probability.

    Mark each row of the sample with probability s. Where no category has marked rows alone, the marked rows
    were nothing new to the others, and this has the probability ``P = prod(1 - s^count)``, over categories.
    Later rows of the same distribution are as new as marked ones: of n sampled and m later rows, U of unseen
    categories, ``(1 + s n / m)^U P`` has a mean of at most 1, whatever the distribution, n and m. So Markov's
    inequality bounds U. Its leading term is that of Good 1953 (doi:10.1093/biomet/40.3-4.237): the share of
    unseen categories is about the number of categories with a single row, divided by n.

    The mean over the sample of n - B unmarked rows, of which M is the share of unseen categories, is
    ``E (1 + s M n / m)^m (1 - M)^B``, with B binomial. M falls as the sample grows, and of all M that rise
    with B those that are constant make it largest; then it is ``(1 + s M n / m)^m (1 - s M)^n <= 1``. Such
    tests by expectation: Vovk and Wang 2021, doi:10.1214/20-AOS2020.

    Args:
        counts: Rows of each category in the sample, shape (categories,); zeros do not count.
        rows: Number of later rows, at least 1.
        level: The probability, in 0..1 and not 0.

    Returns:
        A number of rows, no whole one; infinite for a sample without rows.
    """
    import numpy as np

    seen = counts[counts > 0]
    if not len(seen):
        return np.inf
    doubt = np.log(len(MARKED_SHARES) / level)
    return min(
        float(doubt - np.log1p(-(share**seen)).sum()) / float(np.log1p(share * seen.sum() / rows))
        for share in MARKED_SHARES
    )
