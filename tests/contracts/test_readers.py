"""What every reader owes: the rows and columns that pandas would choose from the whole table."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from contracts.stores import CANARY, Store, every_type, special, store, stores
from mxt.datasets.conditions import SIGNS as COMPARISONS
from mxt.datasets.conditions import Sample
from mxt.datasets.marks import Mark
from mxt.datasets.readers.base import Reader
from mxt.datasets.tables import plain, to_batch, to_frame
from mxt.datasets.writers.base import Writer
from mxt.errors import DataError
from mxt.kinds import members
from mxt.kinds.texts import example_of

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

    @property
    def number(self) -> str:
        """The first column of numbers, with fractions if there is one."""
        numbers = self.whole.select_dtypes("number").columns
        return next((name for name in numbers if self.whole[name].dtype.kind == "f"), numbers[0])

    @property
    def third(self) -> int:
        """A third of its rows."""
        return len(self.whole) // 3

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
    table = source(name, tmp_path)
    for column, sign, value in conditions(table.whole):
        chosen = SIGNS[sign](table.whole[column], value) & table.whole[column].notna()
        if not chosen.any():
            continue
        rows = table.read(filters=((column, sign, value),))
        pd.testing.assert_frame_equal(rows, whole_rows(table, chosen), obj=f"{column} {sign} {value!r}")


def whole_rows(table: Source, chosen: pd.Series[bool]) -> pd.DataFrame:
    """The chosen rows, with their ids or, without ids, numbered anew."""
    rows = table.whole[chosen]
    return rows if "id_column" in table.options else rows.set_axis(pd.RangeIndex(len(rows), name="row"))


@each_source
def test_every_condition_must_hold(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    column = table.number
    low, high = (float(table.whole[column].quantile(share)) for share in (0.2, 0.8))
    rows = table.read(filters=((column, ">", low), (column, "<=", high)))
    inside = (table.whole[column] > low) & (table.whole[column] <= high)
    pd.testing.assert_frame_equal(rows, whole_rows(table, inside))


def mark(column: str, cell: Any) -> Mark:
    """The mark of a table with this one cell."""
    return Mark.of(plain(to_batch(pd.DataFrame({column: [cell]}))), column, "a table")


@each_source
def test_rows_beyond_a_mark_have_a_greater_cell_or_none(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    columns = [column for column in table.whole.columns if table.whole[column].dtype.kind != "b"]
    for column in columns:
        cells = table.whole[column]
        ordered = cells.dropna().sort_values()
        for cell in ordered.iloc[[0, table.third] if cells.isna().any() else [0, table.third, -1]]:
            reader = table.reader().since(mark(column, cell))
            beyond = (cells > cell) | cells.isna()
            assert reader.empty() == (not beyond.any())
            if beyond.any():
                expected = whole_rows(table, beyond)
                pd.testing.assert_frame_equal(reader.read(), expected, obj=f"{column} > {cell!r}")
    assert columns


@each_source
def test_a_mark_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    column = table.number
    with pytest.raises(DataError):
        table.reader().since(mark(column, CANARY)).read()


@each_source
def test_columns_come_in_the_order_of_the_source(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    first, last = table.whole.columns[0], table.whole.columns[-1]
    pd.testing.assert_frame_equal(table.read(columns=(last, first)), table.whole[[first, last]])


@each_source
def test_columns_asked_for_stand_in_for_the_configured_ones(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    first, last = table.whole.columns[0], table.whole.columns[-1]
    rows = table.reader(columns=(first,)).read([last, "not in the table"])
    pd.testing.assert_frame_equal(rows, table.whole[[last]])


@each_source
def test_a_filter_may_name_a_column_that_is_not_read(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    column = table.number
    low, last = float(table.whole[column].median()), table.whole.columns[-1]
    rows = table.read(columns=(last,), filters=((column, ">", low),))
    pd.testing.assert_frame_equal(rows, whole_rows(table, table.whole[column] > low)[[last]])


@each_source
@pytest.mark.parametrize("limit", [1, 7, 10**6])
def test_a_limit_keeps_the_first_rows(name: str, limit: int, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    pd.testing.assert_frame_equal(table.read(limit=limit), table.whole.head(limit))


@each_source
def test_a_sample_is_a_seeded_choice_of_rows_in_their_order(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    whole, size = table.whole, table.third
    first = table.read(sample=Sample(rows=size, seed=1))
    pd.testing.assert_frame_equal(table.read(sample=Sample(rows=size, seed=1)), first)
    places = positions(first, table)
    assert len(set(places)) == size
    assert places == sorted(places)
    assert places != list(range(size))
    assert places != positions(table.read(sample=Sample(rows=size, seed=2)), table)
    pd.testing.assert_frame_equal(table.read(sample=Sample(rows=10**6)), whole)


def positions(rows: pd.DataFrame, table: Source) -> list[int]:
    """Where in the whole table each row stands, by its id or, without ids, by its cells."""
    by_id = "id_column" in table.options
    known = {str(cells): at for at, cells in enumerate(table.whole.itertuples(index=by_id))}
    return [known[str(cells)] for cells in rows.itertuples(index=by_id)]


@each_source
def test_a_sample_of_limited_rows_stays_within_the_limit(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    rows = table.read(limit=2 * table.third, sample=Sample(rows=table.third))
    assert len(rows) == table.third
    assert max(positions(rows, table)) < 2 * table.third


@each_source
def test_every_row_is_as_likely_in_a_sample(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    draws, size = 30, table.third
    drawn = np.zeros(len(table.whole))
    for seed in range(draws):
        drawn[positions(table.read(sample=Sample(rows=size, seed=seed)), table)] += 1
    # Hypergeometric: each row is drawn Binomial(30, 1/3) times, mean 10 and standard deviation 2.6.
    assert abs(drawn.mean() - draws * size / len(table.whole)) < 1e-9
    assert drawn.min() > 0
    assert drawn.max() < 23


@each_source
def test_rows_without_ids_are_numbered(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    rows = table.reader(id_column=None).read()
    pd.testing.assert_index_equal(rows.index, pd.RangeIndex(len(table.whole), name="row"))


@each_source
def test_a_reader_counts_the_rows_that_meet_its_filters(name: str, tmp_path: Path) -> None:
    table = source(name, tmp_path)
    column = table.number
    low = float(table.whole[column].median())
    assert table.reader().count() == len(table.whole)
    assert table.reader(filters=((column, ">", low),)).count() == (table.whole[column] > low).sum()


@each_source
@pytest.mark.parametrize(
    ("limit", "sample"), [(None, None), (0.5, None), (0.9, 0.7)], ids=["whole", "half", "sample of the first"]
)
def test_rows_from_one_on_are_the_last_of_all(
    name: str, limit: float | None, sample: float | None, tmp_path: Path
) -> None:
    table = source(name, tmp_path)
    count = len(table.whole)
    chosen = Sample(rows=int(count * sample), seed=5) if sample else None
    reader = table.reader(id_column=None, limit=int(count * limit) if limit else None, sample=chosen)
    whole = to_frame(reader.arrow(), None)
    assert reader.rows() == len(whole)
    for first in (1, len(whole) // 3, len(whole) - 1):
        rows = to_frame(reader.arrow(first_row=first), None, first)
        pd.testing.assert_frame_equal(rows, whole.iloc[first:])
    assert list(reader.arrow(first_row=len(whole))) == []


@pytest.fixture(scope="module", params=stores())
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A table too long for one batch of any format."""
    place = store(request.param, tmp_path_factory.mktemp("large"))
    place.writer.write([long_table().head(40_000), long_table().tail(30_000)])
    return place


@functools.cache
def long_table() -> pd.DataFrame:
    """A table of more rows, and of more bytes, than a batch of any format holds."""
    return every_type(70_000, width=240)


def test_batches_are_parts_of_the_whole(large: Store) -> None:
    parts, whole = list(large.reader().batches()), large.reader().read()
    assert len(parts) > 1
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    pd.testing.assert_frame_equal(whole.sort_index()[long_table().columns], long_table())


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


@each_store
def test_a_reader_names_what_its_writer_writes(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    assert any(
        read.meets(written) for read in place.reader().reads_from for written in place.writer.writes_to
    )


@each_store
@pytest.mark.parametrize("what", ["pipe", "socket", "device"])
def test_what_is_neither_a_file_nor_a_folder_is_refused_and_not_waited_for(
    name: str, what: str, tmp_path: Path
) -> None:
    place = store(name, tmp_path)
    special(place.writer.local or tmp_path / "stored.db", what)
    with pytest.raises(DataError, match=f"neither a file nor a folder, but a {what}"):
        place.reader().read()
