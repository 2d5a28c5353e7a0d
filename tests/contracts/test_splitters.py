"""What every splitter owes: two parts that make up the table, whatever the order of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from mxt.datasets.splitters.base import Splitter
from mxt.errors import DataError
from mxt.kinds import members
from mxt.kinds.texts import example_of

each_splitter = pytest.mark.parametrize("name", members(Splitter))
seeded = [name for name, kind in members(Splitter).items() if "seed" in kind.model_fields]

TARGET = "Churn"


def table(rows: int = 500) -> pd.DataFrame:
    """The columns that the examples name: groups, a time with ties, and a target of uneven classes."""
    row = np.arange(rows)
    return pd.DataFrame(
        {
            "Contract": [f"group-{at % 50}" for at in row],
            "tenure": row * 7919 % 97,
            TARGET: np.where(row % 10 == 3, "rare", np.where(row % 3 == 0, "some", "most")),
        },
        index=pd.Index([f"id-{at}" for at in row], name="id"),
    )


def splitter(name: str, **changes: object) -> Splitter:
    """A member as its example builds it, with changes."""
    kind = members(Splitter)[name]
    return kind(**{**yaml.safe_load(example_of(kind)), **changes})


@each_splitter
@pytest.mark.parametrize("test_share", [0.1, 0.3, 0.5])
def test_the_parts_are_disjoint_and_whole(name: str, test_share: float) -> None:
    parts = splitter(name, test_share=test_share).split(table(), TARGET)
    assert set(parts.train.index).isdisjoint(parts.test.index)
    pd.testing.assert_frame_equal(pd.concat([parts.train, parts.test]).loc[table().index], table())


@each_splitter
@pytest.mark.parametrize("test_share", [0.1, 0.25, 0.5, 0.9])
def test_the_share_is_right_within_a_row_of_each_group_drawn_from(name: str, test_share: float) -> None:
    rows, drawn_from = table(), {"StratifiedSplitter": 3, "GroupedSplitter": 10}
    parts = splitter(name, test_share=test_share).split(rows, TARGET)
    # A group has ten rows, and half a group may be rounded; a class may round half a row.
    assert abs(len(parts.test) - test_share * len(rows)) <= drawn_from.get(name, 1) / 2


@each_splitter
@pytest.mark.parametrize("order", ["reversed", "shuffled", "by target"])
def test_the_order_of_rows_does_not_matter(name: str, order: str) -> None:
    rows = table()
    other = {
        "reversed": rows.iloc[::-1],
        "shuffled": rows.sample(frac=1, random_state=1),
        "by target": rows.sort_values(TARGET, kind="stable"),
    }[order]
    first, second = (splitter(name).split(part, TARGET) for part in (rows, other))
    assert set(first.test.index) == set(second.test.index)
    assert list(second.test.index) == [row for row in other.index if row in set(first.test.index)]


@each_splitter
def test_ids_of_another_type_split_alike(name: str) -> None:
    numbers = table().set_axis(pd.Index(np.arange(500) * 37 % 1009, name="id"))
    texts = numbers.set_axis(numbers.index.astype(str))
    first, second = (splitter(name).split(part, TARGET) for part in (numbers, texts))
    assert list(first.test.index.astype(str)) == list(second.test.index)


@pytest.mark.parametrize("name", seeded)
def test_another_seed_makes_another_split(name: str) -> None:
    splits = {tuple(splitter(name, seed=seed).split(table(), TARGET).test.index) for seed in range(5)}
    assert len(splits) == 5


@each_splitter
def test_a_part_is_never_empty(name: str) -> None:
    few = table(4).assign(Contract="one", **{TARGET: ["a", "b", "c", "d"]})
    with pytest.raises(DataError, match="leaves one part of the 4 rows empty; change test_share"):
        splitter(name, test_share=0.01).split(few, TARGET)


@each_splitter
def test_a_column_that_is_needed_and_absent_is_told(name: str) -> None:
    for column in splitter(name).columns:
        with pytest.raises(DataError, match=f"needs the column '{column}'; the table has"):
            splitter(name).split(table().drop(columns=column), TARGET)


def test_no_row_place_is_favoured_by_a_holdout() -> None:
    rows = pd.DataFrame({TARGET: 0}, index=pd.RangeIndex(10_000))
    held = splitter("HoldoutSplitter", test_share=0.2).split(rows, TARGET).test.index
    # Chi-squared over ten tenths, 9 degrees of freedom: 27.9 is exceeded once in a thousand.
    counts = np.histogram(held, bins=10, range=(0, 10_000))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 27.9


def test_each_class_gives_its_share() -> None:
    rows = table()
    test = splitter("StratifiedSplitter", test_share=0.25).split(rows, TARGET).test
    for label, count in rows[TARGET].value_counts().items():
        assert abs((test[TARGET] == label).sum() - 0.25 * count) <= 0.5


def test_no_group_stands_in_both_parts() -> None:
    missing = table().assign(Contract=lambda rows: rows["Contract"].where(rows["Contract"] != "group-7"))
    for rows in (table(), missing):
        parts = splitter("GroupedSplitter").split(rows, TARGET)
        assert set(parts.train["Contract"].fillna("?")).isdisjoint(parts.test["Contract"].fillna("?"))


def test_the_latest_rows_are_held_out() -> None:
    parts = splitter("TimeSplitter").split(table(), TARGET)
    assert parts.train["tenure"].max() <= parts.test["tenure"].min()


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([1.0, None, None, 4.0], "misses 2 of 4 times"),
        (["02/01/2024", "01/02/2024", "03/01/2024", "04/01/2024"], "neither times nor numbers"),
    ],
)
def test_times_that_cannot_be_put_in_order_are_refused(times: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        splitter("TimeSplitter").split(table(4).assign(tenure=times), TARGET)


def test_times_may_be_timestamps() -> None:
    rows = table().assign(
        tenure=lambda rows: pd.Timestamp("2024-01-01") + pd.to_timedelta(rows["tenure"], "D")
    )
    whole, dated = (splitter("TimeSplitter").split(part, TARGET).test for part in (table(), rows))
    assert list(whole.index) == list(dated.index)
