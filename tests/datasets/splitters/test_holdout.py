"""A random share of the rows, whatever their places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.test_splitters import TARGET, splitter


def test_no_row_place_is_favoured_by_a_holdout() -> None:
    rows = pd.DataFrame({TARGET: 0}, index=pd.RangeIndex(10_000))
    held = splitter("HoldoutSplitter", test_share=0.2).split(rows, TARGET).test.index
    # Chi-squared over ten tenths, 9 degrees of freedom: 27.9 is exceeded once in a thousand.
    counts = np.histogram(held, bins=10, range=(0, 10_000))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 27.9
