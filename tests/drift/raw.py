"""Each measure computed from the columns themselves, and a measure applied to two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import binom
from scipy.stats import fisher_exact, ks_2samp

from mxt.drift.base.profiles import Profile
from mxt.stats.divergence import population_stability

if TYPE_CHECKING:
    from mxt.drift.base import Comparison, Drift


def compare(measure: Drift, before: pd.Series, after: pd.Series) -> Comparison:
    """A measure of two samples."""
    reference = Profile.of(before)
    return measure.compare(reference, reference.like(after))


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers."""
    return column.dtype.kind in "iuf"


def psi(before: pd.Series, after: pd.Series, bins: int = 10) -> float:
    """The index over the bins that rows of the reference fall into."""
    known = before.dropna()
    if is_number(before) and len(known):
        ranked = np.sort(known.to_numpy(dtype=float))
        ranks = [-(-len(ranked) * place // bins) for place in range(1, bins)]
        edges = sorted({ranked[rank - 1] for rank in ranks} - {ranked[-1]})
        placed = [np.searchsorted(edges, sample.to_numpy(dtype=float)) for sample in (known, after.dropna())]
        pairs = [[(places == place).sum() for places in placed] for place in range(len(edges) + 1)]
    else:
        texts = [sample.dropna().map(str) for sample in (before, after)]
        seen = sorted(set(texts[0]))
        pairs = [[(sample == text).sum() for sample in texts] for text in seen]
        pairs.append([(~sample.isin(seen)).sum() for sample in texts])
    pairs.append([before.isna().sum(), after.isna().sum()])
    counts = np.array([pair for pair in pairs if any(pair)]).T
    return population_stability(*counts)


def ks(before: pd.Series, after: pd.Series) -> tuple[float, float | None]:
    """The gap and its p-value."""
    before, after = before.dropna(), after.dropna()
    if before.empty or after.empty:
        return 0.0, None
    with np.errstate(divide="ignore"):  # one row against one
        test = ks_2samp(before, after, method="asymp")
    apart = 2 / binom(len(before) + len(after), len(before))
    return float(test.statistic), float(np.fmax(test.pvalue, apart))


def missing(before: pd.Series, after: pd.Series) -> tuple[float, float]:
    """The change of the share, and its p-value."""
    table = [[sample.isna().sum(), sample.notna().sum()] for sample in (before, after)]
    return abs(float(after.isna().mean() - before.isna().mean())), float(fisher_exact(table).pvalue)


def unseen(before: pd.Series, after: pd.Series) -> float:
    """The share of rows with a new category."""
    return float((after.notna() & ~after.isin(before.dropna().unique())).mean())


def reference_values(method: str, before: pd.Series, after: pd.Series) -> tuple[float, float | None]:
    """Statistic and p-value of a measure with its defaults."""
    match method:
        case "PsiDrift":
            return psi(before, after), None
        case "KsDrift":
            return ks(before, after)
        case "MissingDrift":
            return missing(before, after)
    return unseen(before, after), None
