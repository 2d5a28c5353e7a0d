"""Marks: the greatest cell of a column, whatever its type, and the rows beyond it."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from mxt.datasets.marks import Mark
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.readers.sql import SqlReader
from mxt.datasets.tables import plain
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.datasets.readers.base import Reader

START = datetime(2026, 3, 28, 22, 30, 0, 1)  # noqa: DTZ001 - a time without a zone
COLUMNS: dict[str, pa.Array] = {
    "small": pa.array(range(9), pa.int8()),
    "great": pa.array(range(2**63, 2**63 + 9), pa.uint64()),
    "half": pa.array([x / 2 for x in range(9)], pa.float32()),
    "money": pa.array([Decimal(x) / 10 for x in range(9)], pa.decimal128(9, 1)),
    "day": pa.array([date(1969, 12, 28) + timedelta(days=x) for x in range(9)]),
    "naive": pa.array([START + timedelta(minutes=x) for x in range(9)], pa.timestamp("us")),
    "fine": pa.array([START + timedelta(minutes=x) for x in range(9)], pa.timestamp("ns")),
    "zoned": pa.array(
        [START.replace(tzinfo=UTC) + timedelta(minutes=x) for x in range(9)],
        pa.timestamp("us", "Europe/Zurich"),
    ),
    "word": pa.array([f"2026-W{x:02}" for x in range(9)]).dictionary_encode(),
    "number": pa.array([str(x) for x in range(9)], pa.large_string()),
}


def mark(cells: pa.Array) -> Mark:
    """The mark of a column, as text and back."""
    found = Mark.of(plain(pa.record_batch({"at": cells})), "at", "a table")
    assert Mark.from_json(found.to_json()) == found
    return found


@pytest.mark.parametrize("name", COLUMNS)
def test_parquet_rows_beyond_a_mark_are_read(name: str, tmp_path: Path) -> None:
    cells = COLUMNS[name]
    table = pa.table({"id": range(9), "at": cells})
    pq.write_table(table, tmp_path / "table", row_group_size=2)
    reader = ParquetReader(path=str(tmp_path / "table"), id_column="id")
    for reached in (1, 5, 9):
        beyond = reader.since(mark(cells.take(list(range(reached))[::-1])))
        assert beyond.empty() == (reached == 9)
        assert beyond.count() == 9 - reached
        assert beyond.known_rows() is None
        if reached < 9:
            assert beyond.read().index.tolist() == list(range(reached, 9))


@pytest.mark.parametrize("reached", [5, 5.0])
def test_a_number_that_is_missing_is_beyond_every_mark(reached: float, tmp_path: Path) -> None:
    table = pa.table({"id": range(4), "at": [5.0, 6.0, math.nan, None]})
    pq.write_table(table, tmp_path / "table")
    reader = ParquetReader(path=str(tmp_path / "table"), id_column="id").since(Mark("at", "number", reached))
    assert reader.read().index.tolist() == [1, 2, 3]


def test_row_groups_and_folders_before_a_mark_are_not_read(tmp_path: Path) -> None:
    """Files that are not read may be broken."""
    for day in range(1, 10):
        place = tmp_path / f"day=2026-11-0{day}"
        place.mkdir()
        pq.write_table(pa.table({"id": [day]}), place / "part.parquet")
        if day < 6:
            content = (place / "part.parquet").read_bytes()
            (place / "part.parquet").write_bytes(b"PAR1" + bytes(len(content) - 4))
    pq.write_table(pa.table({"id": [1]}), tmp_path / "day=2026-11-01" / "part.parquet")
    reader = ParquetReader(path=str(tmp_path), id_column="id")
    reached = Mark("day", "text", "2026-11-05")
    assert reader.since(reached).read().index.tolist() == [6, 7, 8, 9]
    with pytest.raises(DataError):
        reader.read()


TEXTS = {
    "iso": [f"2026-11-0{1 + x // 3} 0{x}:00:00" for x in range(9)],
    "with T": [f"2026-11-0{1 + x // 3}T0{x}:00:00.5" for x in range(9)],
    "day": [f"2026-11-0{1 + x}" for x in range(9)],
}


@pytest.mark.parametrize("written", TEXTS)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "sqlite"])
def test_times_in_text_are_compared_as_times(kind: str, written: str, tmp_path: Path) -> None:
    texts = TEXTS[written]
    times = pa.array(texts).cast(pa.timestamp("us"))
    reader = reader_of_texts(kind, texts, tmp_path)
    for reached in (1, 4, 5, 9):
        beyond = reader.since(mark(times.slice(0, reached)))
        assert beyond.empty() == (reached == 9)
        if reached < 9:
            assert sorted(beyond.read().index) == list(range(reached, 9))


def reader_of_texts(kind: str, texts: list[str], folder: Path) -> Reader:
    """A table of one column of times, as a format without times keeps them."""
    types: Any = {"at": "timestamp[us]"}
    path = folder / f"table.{kind}"
    if kind == "csv":
        path.write_text("id,at\n" + "".join(f"{place},{text}\n" for place, text in enumerate(texts)))
        return CsvReader(path=str(path), id_column="id", types={**types, "id": "int64"})
    if kind == "jsonl":
        path.write_text("".join(f'{{"id": {place}, "at": "{text}"}}\n' for place, text in enumerate(texts)))
        return JsonlReader(path=str(path), id_column="id", types=types)
    url = f"sqlite:///{path}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE told (id INTEGER, at TEXT)"))
        rows = [{"id": place, "at": text} for place, text in enumerate(texts)]
        connection.execute(sa.text("INSERT INTO told VALUES (:id, :at)"), rows)
    engine.dispose()
    return SqlReader(url=url, query="told", id_column="id", types=types)


@pytest.mark.parametrize(
    ("mark_of", "cell", "condition"),
    [
        (pa.array([5]), 7, (">", 5)),
        (pa.array([5]), Decimal(7), (">", 5)),
        (pa.array([5]), "7", None),
        (pa.array(["5"]), "7", (">", "5")),
        (pa.array(["5"]), 7, None),
        (pa.array([START]), START, (">", START)),
        (pa.array([START]), START.date(), (">=", START.date())),
        (pa.array([START]), "2026-03-28T01:02", (">=", "2026-03-28")),
        (pa.array([START]), "28.03.2026", None),
        (pa.array([START]), 17, None),
        (
            pa.array([START.replace(tzinfo=timezone(timedelta(hours=2)))]),
            START.replace(tzinfo=UTC),
            (">", START.replace(tzinfo=UTC) - timedelta(hours=2)),
        ),
        (pa.array([5]), None, None),
    ],
)
def test_a_database_compares_only_what_is_alike(mark_of: pa.Array, cell: object, condition: object) -> None:
    assert mark(mark_of).of_sql(cell) == condition


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (pa.array([1, None, None]), r"'at' is missing in 2 of 3 rows"),
        (pa.array([1.0, float("nan"), float("inf")]), r"'at' is missing in 2 of 3 rows"),
        (pa.array([True, False]), r"'at' has type bool; it must be a number, a text or a time"),
        (pa.array([b"x"]), r"'at' has type binary"),
        (pa.nulls(2), r"'at' is missing in 2 of 2 rows"),
    ],
)
def test_cells_without_an_order_are_refused(cells: pa.Array, told: str) -> None:
    with pytest.raises(DataError, match=told):
        mark(cells)


def test_a_column_that_has_changed_its_kind_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1], "at": ["x"]}), tmp_path / "table")
    reader = ParquetReader(path=str(tmp_path / "table"), id_column="id")
    with pytest.raises(DataError, match="'at' is a text, and was a number before"):
        mark(pa.array([1])).refuse_other_kind(pa.string(), reader.source)
