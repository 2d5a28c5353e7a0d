"""Rows held back for early stopping: by id and seed, of each class alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.models.base.stopping import EarlyStopping

IDS = pd.Index([f"id {number}" for number in range(200)])
CODES = np.arange(200) % 10 // 9


def test_the_same_share_of_each_class_is_held_back() -> None:
    held = EarlyStopping(share=0.25).held_back(IDS, CODES, 0)
    assert [int(held[code == CODES].sum()) for code in (0, 1)] == [45, 5]


def test_ids_and_the_seed_choose_whatever_the_order_of_rows() -> None:
    order = np.random.default_rng(0).permutation(200)
    stopping = EarlyStopping(share=0.25)
    held = stopping.held_back(IDS, None, 0)
    np.testing.assert_array_equal(stopping.held_back(IDS[order], None, 0), held[order])
    assert (stopping.held_back(IDS, None, 1) != held).any()


def test_a_class_keeps_a_row_to_learn_from() -> None:
    codes = np.array([0] * 198 + [1] * 2)
    held = EarlyStopping(share=0.9).held_back(IDS, codes, 0)
    assert held[codes == 1].tolist().count(True) == 1


def test_a_share_that_holds_back_no_row_is_refused() -> None:
    with pytest.raises(DataError, match=r"holds back 0 of 3 training rows by the share 0\.1; use another"):
        EarlyStopping().held_back(IDS[:3], None, 0)
