"""What every reader owes: the rows and columns that pandas would choose from the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from contracts.stores import CANARY, Store, every_type, store, stores
from mxt.datasets.marks import Mark
from mxt.datasets.readers.base import SIGNS as COMPARISONS
from mxt.datasets.readers.base import Reader, Sample
from mxt.datasets.tables import plain, to_batch, to_frame
from mxt.datasets.writers.base import Writer
from mxt.errors import DataError
from mxt.kinds import example_of, members

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIGNS: dict[str, Callable[[pd.Series[Any], Any], pd.Series[bool]]] = {
    **COMPARISONS,
    "in": lambda column, value: column.isin([value]),
    "not in": lambda column, value: ~column.isin([value]),
}

without_writer = [name for name in members(Reader) if name.replace("Reader", "Writer") not in members(Writer)]
each_source = pytest.mark.parametrize("name", [*stores(), *without_writer])
each_store = pytest.mark.parametrize("name", stores())


@dataclass(frozen=True)
class Source:
    """A reader's options, and the whole table that it reads with them."""

    kind: type[Reader]
    options: dict[str, Any]
    whole: pd.DataFrame

    def read(self, **more: object) -> pd.DataFrame:
        """What the reader reads with more options."""
        return self.reader(**more).read()

    def reader(self, **more: object) -> Reader:
        """The reader with more options."""
        return self.kind(**{**self.options, **more})


def source(name: str, folder: Path) -> Source:
    """A reader's own table, or else one of every type, written by the writer of its format."""
    if name in without_writer:
        kind = members(Reader)[name]
        options = yaml.safe_load(example_of(kind))
        return Source(kind, options, kind(**options).read())
    place = store(name, folder)
    place.writer.write(every_type(60))
    options = {"id_column": "id", **place.options}
    return Source(place.kind, options, place.kind(**options).read())


def conditions(whole: pd.DataFrame) -> list[tuple[str, str, Any]]:
    """Every operator on every column that a config can name a value of, with a value of the first row."""
    return [
        (
            name,
            sign,
            whole[name].iloc[0].item() if hasattr(whole[name].iloc[0], "item") else whole[name].iloc[0],
        )
        for name in whole.columns[:6]
        for sign in SIGNS
        if whole[name].dtype.kind != "M" and not (whole[name].dtype.kind == "b" and sign in "<=>=")
    ]


@each_source
def test_filters_choose_the_rows_that_pandas_chooses(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    for column, sign, value in conditions(found.whole):
        chosen = SIGNS[sign](found.whole[column], value) & found.whole[column].notna()
        if not chosen.any():
            continue
        rows = found.read(filters=((column, sign, value),))
        pd.testing.assert_frame_equal(rows, whole_rows(found, chosen), obj=f"{column} {sign} {value!r}")


def whole_rows(found: Source, chosen: pd.Series[bool]) -> pd.DataFrame:
    """The chosen rows, with their ids or, without ids, numbered anew."""
    rows = found.whole[chosen]
    return rows if "id_column" in found.options else rows.set_axis(pd.RangeIndex(len(rows), name="row"))


@each_source
def test_every_condition_must_hold(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    column = found.whole.select_dtypes("float").columns[0]
    low, high = (float(found.whole[column].quantile(share)) for share in (0.2, 0.8))
    rows = found.read(filters=((column, ">", low), (column, "<=", high)))
    inside = (found.whole[column] > low) & (found.whole[column] <= high)
    pd.testing.assert_frame_equal(rows, whole_rows(found, inside))


def mark(column: str, cell: Any) -> Mark:
    """The mark of a table with this one cell."""
    return Mark.of(plain(to_batch(pd.DataFrame({column: [cell]}))), column, "a table")


@each_source
def test_rows_beyond_a_mark_have_a_greater_cell_or_none(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    columns = [column for column in found.whole.columns if found.whole[column].dtype.kind != "b"]
    for column in columns:
        cells = found.whole[column]
        ordered = cells.dropna().sort_values()
        for cell in ordered.iloc[[0, 20] if cells.isna().any() else [0, 20, -1]]:
            reader = found.reader().since(mark(column, cell))
            beyond = (cells > cell) | cells.isna()
            assert reader.empty() == (not beyond.any())
            if beyond.any():
                expected = whole_rows(found, beyond)
                pd.testing.assert_frame_equal(reader.read(), expected, obj=f"{column} > {cell!r}")
    assert len(columns) > 3


@each_source
def test_a_mark_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    column = found.whole.select_dtypes("float").columns[0]
    with pytest.raises(DataError):
        found.reader().since(mark(column, CANARY)).read()


@each_source
def test_columns_come_in_the_order_of_the_source(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    first, last = found.whole.columns[0], found.whole.columns[-1]
    pd.testing.assert_frame_equal(found.read(columns=(last, first)), found.whole[[first, last]])


@each_source
def test_columns_asked_for_stand_in_for_the_configured_ones(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    first, last = found.whole.columns[0], found.whole.columns[-1]
    rows = found.reader(columns=(first,)).read([last, "not in the table"])
    pd.testing.assert_frame_equal(rows, found.whole[[last]])


@each_source
def test_a_filter_may_name_a_column_that_is_not_read(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    column = found.whole.select_dtypes("float").columns[0]
    low, last = float(found.whole[column].median()), found.whole.columns[-1]
    rows = found.read(columns=(last,), filters=((column, ">", low),))
    pd.testing.assert_frame_equal(rows, whole_rows(found, found.whole[column] > low)[[last]])


@each_source
@pytest.mark.parametrize("limit", [1, 7, 10**6])
def test_a_limit_keeps_the_first_rows(name: str, limit: int, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    pd.testing.assert_frame_equal(found.read(limit=limit), found.whole.head(limit))


@each_source
def test_a_sample_is_a_seeded_choice_of_rows_in_their_order(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    whole, column = found.whole, found.whole.select_dtypes("float").columns[0]
    first = found.read(sample=Sample(rows=20, seed=1))
    pd.testing.assert_frame_equal(found.read(sample=Sample(rows=20, seed=1)), first)
    assert (
        not found.read(sample=Sample(rows=20, seed=2))[column]
        .reset_index(drop=True)
        .equals(first[column].reset_index(drop=True))
    )
    assert not first[column].reset_index(drop=True).equals(whole[column].head(20).reset_index(drop=True))
    places = positions(first, whole)
    assert len(set(places)) == 20
    assert places == sorted(places)
    pd.testing.assert_frame_equal(found.read(sample=Sample(rows=10**6)), whole)


def positions(rows: pd.DataFrame, whole: pd.DataFrame) -> list[int]:
    """Where in the whole table each row stands, by its cells."""
    known = {cells: at for at, cells in enumerate(map(str, whole.itertuples(index=False)))}
    return [known[cells] for cells in map(str, rows.itertuples(index=False))]


@each_source
def test_a_sample_of_limited_rows_stays_within_the_limit(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    rows = found.read(limit=30, sample=Sample(rows=10))
    assert len(rows) == 10
    assert max(positions(rows, found.whole)) < 30


@each_source
def test_every_row_is_as_likely_in_a_sample(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    draws, size = 30, len(found.whole) // 3
    drawn = np.zeros(len(found.whole))
    for seed in range(draws):
        drawn[positions(found.read(sample=Sample(rows=size, seed=seed)), found.whole)] += 1
    # Hypergeometric: each row is drawn Binomial(30, 1/3) times, mean 10 and standard deviation 2.6.
    assert abs(drawn.mean() - draws * size / len(found.whole)) < 1e-9
    assert drawn.min() > 0
    assert drawn.max() < 23


@each_source
def test_rows_without_ids_are_numbered(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    table = found.reader(id_column=None).read()
    pd.testing.assert_index_equal(table.index, pd.RangeIndex(len(found.whole), name="row"))


@each_source
def test_a_reader_counts_the_rows_that_meet_its_filters(name: str, tmp_path: Path) -> None:
    found = source(name, tmp_path)
    column = found.whole.select_dtypes("float").columns[0]
    low = float(found.whole[column].median())
    assert found.reader().count() == len(found.whole)
    assert found.reader(filters=((column, ">", low),)).count() == (found.whole[column] > low).sum()


@each_source
@pytest.mark.parametrize(
    "options", [{}, {"limit": 31}, {"sample": Sample(rows=40, seed=5), "limit": 55}], ids=str
)
def test_rows_from_one_on_are_the_last_of_all(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    reader = source(name, tmp_path).reader(id_column=None, **options)
    whole = to_frame(reader.arrow(), None)
    assert reader.rows() == len(whole)
    for first in (1, 17, len(whole) - 1):
        rows = to_frame(reader.arrow(first_row=first), None, first)
        pd.testing.assert_frame_equal(rows, whole.iloc[first:])
    assert list(reader.arrow(first_row=len(whole))) == []


@pytest.fixture(scope="module", params=stores())
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A table too long for one batch of any format."""
    place = store(request.param, tmp_path_factory.mktemp("large"))
    table = every_type(70_000, width=240)
    place.writer.write([table.head(40_000), table.tail(30_000)])
    return place


def test_batches_are_parts_of_the_whole(large: Store) -> None:
    parts, whole = list(large.reader().batches()), large.reader().read()
    assert len(parts) > 1
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    pd.testing.assert_frame_equal(large.read(), every_type(70_000, width=240))


def test_rows_are_numbered_across_batches(large: Store) -> None:
    parts = list(large.reader(id_column=None, columns=("whole",)).batches())
    numbered = pd.concat(parts).index
    pd.testing.assert_index_equal(numbered, pd.RangeIndex(70_000, name="row"), exact="equiv")


def test_rows_from_the_middle_of_a_long_table_on(large: Store) -> None:
    reader = large.reader(id_column=None, columns=("whole",))
    whole = to_frame(reader.arrow(), None)
    rows = to_frame(reader.arrow(first_row=45_000), None, 45_000)
    pd.testing.assert_frame_equal(rows, whole.iloc[45_000:])


def test_a_sample_spans_batches(large: Store) -> None:
    whole = large.reader(columns=("whole",)).read()
    rows = large.reader(columns=("whole",), sample=Sample(rows=5000)).read()
    places = whole.index.get_indexer(rows.index)
    pd.testing.assert_frame_equal(rows, whole.iloc[places])
    # A uniform choice has 500 rows in each tenth, with a standard deviation of 21.
    assert (abs(np.histogram(places, bins=10, range=(0, 70_000))[0] - 500) < 100).all()


@each_store
def test_ids_are_the_index_and_no_column(name: str, tmp_path: Path) -> None:
    place, table = store(name, tmp_path), every_type(12)
    place.writer.write(table)
    read = place.reader(columns=("whole",)).read()
    pd.testing.assert_index_equal(read.index.sort_values(), table.index)
    assert list(read.columns) == ["whole"]


BROKEN = every_type(6).assign(text=CANARY)


@each_store
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"filters": (("whole", ">", 10**6),)}, "no rows meet the filters"),
        ({"filters": (("whole", ">", 10**6),), "sample": Sample(rows=3)}, "no rows meet the filters"),
        ({"columns": ("whole", "wohle")}, r"has no columns \['wohle'\]; it has"),
        ({"id_column": "customer"}, r"has no columns \['customer'\]; it has"),
        ({"filters": (("wohle", ">", 1),)}, "filter"),
        ({"id_column": "text"}, "'text' has 0 missing and 5 repeated ids"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_without_its_cells(
    name: str, options: dict[str, Any], told: str, tmp_path: Path
) -> None:
    place = store(name, tmp_path)
    place.writer.write(BROKEN)
    with pytest.raises(DataError, match=told) as caught:
        place.reader(**options).read()
    assert str(caught.value).startswith(place.reader().source)
    assert CANARY not in str(caught.value)


@each_store
def test_missing_ids_are_counted(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(11))
    with pytest.raises(DataError, match="'text' has 1 missing and 1 repeated ids"):
        place.reader(id_column="text").read()


@each_store
def test_a_missing_source_is_told(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    for attempt in (place.reader().read, place.reader().count, lambda: list(place.reader().batches())):
        with pytest.raises(DataError, match=r"no such file|a statement failed"):
            attempt()


@each_store
def test_an_empty_stream_is_told(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(6))
    with pytest.raises(DataError, match="no rows meet"):
        list(place.reader(filters=(("whole", ">", 10**6),)).batches())
