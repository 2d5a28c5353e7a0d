"""Folds: they part the rows, do not depend on their order, and respect classes, groups and time."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.folds import folds
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.errors import DataError

TASKS = pytest.mark.parametrize("task", ["classification", "regression"])
Task = Literal["classification", "regression"]
SPLITTERS: list[Splitter] = [HoldoutSplitter(), GroupedSplitter(group="shop"), TimeSplitter(column="day")]


def table(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {
        "shop": rng.choice([f"shop {letter}" for letter in "abcdefgh"], rows),
        "day": rng.integers(0, 50, rows),
        "late": rng.random(rows) < 0.2,
    }
    return pd.DataFrame(columns, index=[f"row {number}" for number in range(rows)])


@TASKS
@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda splitter: splitter.KIND)
def test_the_order_of_rows_does_not_matter(task: Task, splitter: Splitter) -> None:
    rows, found = table(), []
    for order in (np.arange(200), np.random.default_rng(1).permutation(200)):
        some = rows.iloc[order]
        cut = folds(some, "late", splitter, task, 4, seed=0)
        found.append([(list(some.index[train]), list(some.index[test])) for train, test in cut])
    assert found[0] == found[1]


@TASKS
@pytest.mark.parametrize("splitter", SPLITTERS[:2], ids=lambda splitter: splitter.KIND)
def test_each_row_is_tested_in_one_fold_and_trained_on_in_the_others(task: Task, splitter: Splitter) -> None:
    cut = folds(table(), "late", splitter, task, 5, seed=0)
    assert sorted(np.concatenate([test for _, test in cut])) == [*range(200)]
    assert all(sorted([*train, *test]) == [*range(200)] for train, test in cut)


def test_classes_are_spread_evenly() -> None:
    rows = table()
    counts = [
        rows["late"].iloc[test].sum() for _, test in folds(rows, "late", SPLITTERS[0], "classification", 5, 0)
    ]
    assert max(counts) - min(counts) <= 1


@TASKS
def test_no_group_stands_on_both_sides(task: Task) -> None:
    shops = table()["shop"]
    for train, test in folds(table(), "late", SPLITTERS[1], task, 4, seed=0):
        assert not {*shops.iloc[train]} & {*shops.iloc[test]}


def test_each_fold_is_later_than_what_it_is_trained_on() -> None:
    days, cut = table()["day"], folds(table(), "late", SPLITTERS[2], "classification", 4, seed=0)
    assert all(days.iloc[train].max() <= days.iloc[test].min() for train, test in cut)
    starts = [days.iloc[test].min() for _, test in cut]
    assert starts == sorted(starts)
    assert len({*starts}) == 4


def test_another_seed_cuts_other_folds() -> None:
    first, second = (folds(table(), "late", SPLITTERS[0], "classification", 4, seed)[0][1] for seed in (0, 1))
    assert {*first} != {*second}


@pytest.mark.parametrize(
    ("splitter", "count", "told"),
    [
        (
            SPLITTERS[0],
            60,
            r"60 folds need at least 60 rows of the rarest class in training, and",
        ),
        (SPLITTERS[1], 9, "9 folds need at least 9 groups of column 'shop' in training, and there are 8;"),
        (
            SPLITTERS[2],
            200,
            "200 folds need at least 200 rows but the earliest in training",
        ),
    ],
    ids=["rows", "groups", "times"],
)
def test_too_many_folds_are_refused(splitter: Splitter, count: int, told: str) -> None:
    with pytest.raises(DataError, match=told):
        folds(table(), "late", splitter, "classification", count, seed=0)
