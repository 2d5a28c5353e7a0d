"""Which arm of an experiment a subject is in: decided by a salt and the subject's id, on any machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

_BITS = 53
"""A double holds as many without rounding."""


def places(subjects: Iterable[str], salt: str) -> np.ndarray:
    """The place of each subject in [0, 1), uniform over subjects.

    It is the first 53 bits of the SHA-256 of the text ``salt/subject`` in UTF-8, over 2**53, so that other
    systems can compute it too. Python's own `hash` of a text differs from process to process.

    Args:
        subjects: Ids as texts.
        salt: Text that names the experiment; another one draws anew.
    """
    import numpy as np

    prefix = hashlib.sha256(f"{salt}/".encode())
    heads = []
    for subject in subjects:
        digest = prefix.copy()
        digest.update(subject.encode())
        heads.append(digest.digest()[:8])
    numbers = np.frombuffer(b"".join(heads), dtype=">u8").astype(np.uint64)
    return (numbers >> np.uint64(64 - _BITS)) / float(2**_BITS)


def assign(subjects: Iterable[str], salt: str, shares: Sequence[float]) -> np.ndarray:
    """The arm of each subject: integers from 0, shape (subjects,).

    Args:
        subjects: Ids as texts.
        salt: As that of `places`.
        shares: The share of each arm, that of the last one being what is left.
    """
    import numpy as np

    return np.searchsorted(np.cumsum(shares)[:-1], places(subjects, salt), side="right")


def mismatch(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How likely arms are to get subjects as unlike their shares as these, if they were drawn as planned.

    Returns:
        The p-value of the chi-squared test of goodness of fit.

    Source:
        Fabijan et al., KDD 2019, Diagnosing sample ratio mismatch in online controlled experiments.
    """
    import numpy as np
    from scipy.stats import chisquare

    planned = np.asarray(shares) / np.sum(shares)
    return float(chisquare(counts, planned * np.sum(counts)).pvalue)
