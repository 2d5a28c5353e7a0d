"""What every splitter owes: two parts that make up the table, whatever the order of its rows."""

from __future__ import annotations

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
