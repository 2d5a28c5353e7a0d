"""The Kolmogorov-Smirnov test beside scipy's, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from drift.columns import normal
from drift.raw import compare
from mxt.drift.ks import KsDrift


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (normal(1, 300), normal(2, 200, mean=0.3)),
        (normal(3, 50), normal(4, 3000)),
        (normal(5, 400).round(), normal(6, 400).round()),
        (normal(7, 90).where(lambda x: x > -1), normal(8, 90)),
    ],
)
def test_ks_is_scipys(before: pd.Series, after: pd.Series) -> None:
    found, theirs = (
        compare(KsDrift(), before, after),
        ks_2samp(before.dropna(), after.dropna(), method="asymp"),
    )
    assert (found.statistic, found.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-12)


def test_ks_by_hand() -> None:
    # Steps of 1/4 and 1/2: after 2 the functions stand at 2/4 and 0.
    before, after = pd.Series([1.0, 2, 3, 4], name="x"), pd.Series([2.5, 5.0], name="x")
    assert compare(KsDrift(), before, after).statistic == 0.5


@pytest.mark.parametrize(
    ("rows", "others"), [(1, 1), (1, 2), (2, 2), (3, 3), (2, 9), (4, 6), (7, 7), (1, 500)]
)
def test_ks_of_few_rows_that_do_not_overlap_is_the_share_of_such_orders(rows: int, others: int) -> None:
    before, after = (
        pd.Series(np.arange(rows) + 0.5, name="x"),
        pd.Series(np.arange(others) + 1000.0, name="x"),
    )
    exact = ks_2samp(before, after, method="exact").pvalue
    for found in (compare(KsDrift(), before, after), compare(KsDrift(), after, before)):
        assert found.statistic == 1
        assert found.p_value == pytest.approx(exact, rel=1e-9)
        assert found.drifted == (exact < 0.001)


@pytest.mark.parametrize("before", [normal(1, 9), normal(1, 9).where(lambda x: x > 99)])
@pytest.mark.parametrize("after", [normal(2, 9), normal(2, 9).where(lambda x: x > 99)])
def test_ks_tells_nothing_where_a_sample_has_no_value(before: pd.Series, after: pd.Series) -> None:
    found = compare(KsDrift(threshold=0, level=1), before, after)
    if before.notna().all() and after.notna().all():
        assert found.drifted
    else:
        assert (found.statistic, found.p_value, found.drifted) == (0, None, False)
