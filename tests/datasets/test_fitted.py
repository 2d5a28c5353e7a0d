"""Records of fitted rows: known by id or by content, however the table is stored, and not by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets import fitted
from mxt.datasets.fitted import FittedRows
from mxt.datasets.likeness import texts
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.datasets.splitters.time import TimeSplitter

if TYPE_CHECKING:
    from mxt.datasets.splitters.base import Splitter

SPLITTER = HoldoutSplitter(test_share=0.25)
ROWS = 400


def table(seed: int = 0, rows: int = ROWS) -> pd.DataFrame:
    """Numbers, whole numbers, texts and a target, with ids."""
    chance = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "a": chance.normal(size=rows),
        "b": chance.integers(0, 1000, rows),
        "c": chance.choice(["x", "y"], rows),
        "y": chance.choice(["no", "yes"], rows),
    }
    ids = pd.Index([f"{seed}-{place}" for place in range(rows)], name="id")
    return pd.DataFrame(columns, index=ids)


def record(
    frame: pd.DataFrame, id_column: str | None = "id", splitter: Splitter = SPLITTER
) -> tuple[FittedRows, pd.DataFrame, pd.DataFrame]:
    """The record of a training, with its two parts."""
    split = splitter.split(frame, "y")
    inputs = frame.drop(columns="y")
    made = FittedRows.of(inputs, frame["y"], split.train.index, "key", splitter, id_column)
    return made, split.train, split.test


def count(made: FittedRows, frame: pd.DataFrame) -> int:
    return made.compare(frame.drop(columns="y"), frame).count


@pytest.mark.parametrize("id_column", ["id", None])
def test_fitted_rows_are_known_in_any_order_and_others_are_not(id_column: str | None) -> None:
    made, train, test = record(table(), id_column)
    mixed = pd.concat([test, train.iloc[:7]]).sample(frac=1, random_state=0)
    found = made.compare(mixed.drop(columns="y"), mixed)
    assert set(mixed.index[found.fitted]) == set(train.index[:7])
    assert (found.count, count(made, test), count(made, table(seed=1))) == (7, 0, 0)


def test_the_record_survives_its_file_at_eight_bytes_a_row() -> None:
    made, train, test = record(table(rows=8000))
    content = made.to_bytes()
    again = FittedRows.from_bytes(content)
    np.testing.assert_array_equal(again.digests, made.digests)
    assert again.splitter == SPLITTER
    assert (count(again, train), count(again, test)) == (len(train), 0)
    assert len(content) < 8 * len(train) + 2000


def test_no_id_and_no_cell_stands_in_the_file() -> None:
    content = record(table())[0].to_bytes()
    assert not any(text in content for text in (b"0-1", b"yes", b"no\0"))


def test_two_trainings_have_other_digests_of_the_same_row() -> None:
    frame = table()
    inputs, ids = frame.drop(columns="y"), frame.index
    one, other = (FittedRows.of(inputs, frame["y"], ids, key, SPLITTER, "id") for key in ("one", "other"))
    assert not np.isin(one.digests, other.digests).any()


def test_rows_with_ids_are_known_though_their_inputs_changed() -> None:
    made, train, _ = record(table())
    assert count(made, train.assign(a=0.0, c="z")) == len(train)


def test_rows_with_ids_are_known_where_the_ids_are_an_ordinary_column_or_have_another_name() -> None:
    made, train, _ = record(table())
    as_column = train.reset_index()
    assert made.comparable(as_column, None)
    assert count(made, as_column) == len(train)
    renamed = train.rename_axis("customer")
    assert made.comparable(renamed, "customer")
    assert count(made, renamed) == len(train)
    assert not made.comparable(train.reset_index(drop=True), None)
    assert not made.comparable(train.drop(columns="y"), "id")


def test_a_number_is_the_same_in_any_type() -> None:
    frame = table().assign(y=lambda rows: (rows["y"] == "yes").astype("int64"))
    frame.index = pd.RangeIndex(ROWS, name="id")
    for id_column in ("id", None):
        made, train, _ = record(frame, id_column)
        as_text = train.set_axis(train.index.astype(str).rename("id"))
        others = [train.astype({"y": float}), train.astype({"y": bool}), train.astype({"b": float})]
        for other in [*others, *([as_text] if id_column else [])]:
            assert count(made, other) == len(train)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([1.0, 2.5, float("nan")]), ["1", "2.5", "nan"]),
        (pd.Series([True, False]), ["1", "0"]),
        (pd.Series([7, -1]), ["7", "-1"]),
        (pd.Series(["007", "7"]), ["007", "7"]),
        (pd.Series([1e300, -0.0]), ["1e+300", "0"]),
    ],
)
def test_equal_numbers_have_one_text(cells: pd.Series[Any], expected: list[str]) -> None:
    assert texts(cells).tolist() == expected


def test_rows_without_ids_that_are_alike_by_chance_are_no_fitted_rows() -> None:
    coarse = [
        table(seed, 2000)[["c", "y"]].assign(b=lambda rows: np.arange(len(rows)) % 40) for seed in (0, 1)
    ]
    made, train, test = record(coarse[0], None)
    assert made.alike > 0.9 * len(test)
    assert (count(made, test), count(made, coarse[1])) == (0, 0)
    rare = [frame.assign(b=table(seed, 2000)["b"] * 7 % 997) for seed, frame in enumerate(coarse)]
    made, train, test = record(rare[0], None)
    assert 0.2 < made.alike / len(test) < 0.7
    assert (count(made, test), count(made, rare[1])) == (0, 0)
    assert count(made, train) == len(train)


def test_of_many_rows_a_sample_is_kept_that_is_certain_where_it_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitted, "MOST", 500)
    made, train, test = record(table(rows=4000))
    assert not made.complete
    assert (len(made.digests), made.rows) == (500, 3000)
    mixed = pd.concat([train, test])
    found = made.compare(None, mixed)
    assert found.fitted.sum() == 500
    assert 0.1 < found.known.mean() < 0.25
    known = mixed.index[found.known]
    np.testing.assert_array_equal(found.fitted[found.known], known.isin(train.index))
    assert set(mixed.index[found.held_out(mixed)]) == set(test.index)


def test_of_its_own_table_the_rows_held_out_are_those_of_the_split() -> None:
    for id_column in ("id", None):
        made, train, test = record(table(), id_column)
        mixed = pd.concat([train, test])
        found = made.compare(mixed.drop(columns="y"), mixed)
        assert set(mixed.index[found.held_out(mixed)]) == set(test.index)


def test_of_another_table_the_rows_held_out_are_all_that_are_not_in_the_record() -> None:
    made, train, test = record(table(), splitter=TimeSplitter(column="b", test_share=0.25))
    for frame, expected in (
        (pd.concat([train, test, table(seed=1)]), {*test.index, *table(seed=1).index}),
        (pd.concat([train[:50], test[:20]]), {*test.index[:20]}),
        (pd.concat([train, test])[["y"]], {*test.index}),
    ):
        found = made.compare(None, frame)
        assert set(frame.index[found.held_out(frame)]) == expected
