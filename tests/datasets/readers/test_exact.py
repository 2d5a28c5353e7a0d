"""Ids and texts come back as they were written, and nothing that is a number becomes a text."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.stores import Store, every_type, store, stores
from mxt.datasets.csv_texts import HEAD_BYTES
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.readers.sql import SqlReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

IDS = ["00012", "12", "012", "12E5", "1200000", "2024-02-29", "2024-02-29 00:00:00", "12345678901234567890"]
IDS += ["12345678901234567891", "1_000", "+5", "5", "-0", "1e5", "0x1F", "true", "nan", " 7", "7 ", "12:30"]
LOOKS = r"[0-9+\-.eE:TZ ]{1,21}"


def csv(folder: Path, content: str, **options: Any) -> CsvReader:
    """A reader of a file with this content."""
    path = folder / "table.csv"
    path.write_bytes(content.encode())
    return CsvReader(path=str(path), **options)


def cells(reader: Reader, column: str) -> list[Any]:
    """A column of a table, missing cells as None."""
    return [None if pd.isna(cell) else cell for cell in reader.read()[column]]


@pytest.mark.parametrize("name", stores())
def test_ids_and_texts_come_back_as_they_were_written(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    table = pd.DataFrame({"code": IDS[::-1], "part": "x"}, index=pd.Index(IDS, name="id"))
    place.writer.write(table)
    read = place.kind(**_plain(place)).read()
    assert dict(zip(read.index, read["code"], strict=True)) == dict(zip(IDS, IDS[::-1], strict=True))


def _plain(place: Store) -> dict[str, Any]:
    """The options of a store's reader, without any types."""
    return {key: value for key, value in place.options.items() if key != "types"} | {"id_column": "id"}


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(st.from_regex(r"[0-9+\-.eE:TZ ]{1,21}", fullmatch=True), min_size=1, max_size=6, unique=True)
)
@pytest.mark.parametrize("name", ["CsvWriter", "JsonlWriter", "SqlWriter", "ParquetWriter"])
def test_whatever_an_id_looks_like(name: str, ids: list[str], tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(pd.DataFrame({"code": ids, "number": range(len(ids))}, index=pd.Index(ids, name="id")))
    read = place.kind(**_plain(place)).read().sort_values("number")
    assert list(read.index) == list(read["code"]) == ids
    assert read["number"].dtype == "int64"


@pytest.mark.parametrize(
    "ids", [["00012", "12"], ["12E5", "1200000"], IDS[7:9], ["2024-01-01", "2024-01-02"]]
)
def test_ids_of_a_bare_file_stay_as_they_stand(ids: list[str], tmp_path: Path) -> None:
    reader = csv(tmp_path, "id,n\n" + "".join(f"{name},1\n" for name in ids), id_column="id")
    assert list(reader.read().index) == ids
    assert [str(name) for name in reader.read().index] == ids


def test_ids_in_later_blocks_are_texts_too(tmp_path: Path) -> None:
    rows = 500_000
    numbers = [f"{number}" for number in range(10**6, 10**6 + rows)]
    content = "id,filler\n" + "".join(f"{number},{'x' * 40}\n" for number in numbers) + "000012,x\n"
    read = csv(tmp_path, content, id_column="id", columns=("id",)).read()
    assert read.index[-1] == "000012"
    assert read.index[0] == "1000000"


def test_types_of_the_config_win(tmp_path: Path) -> None:
    content = 'id,code,n\n007,"01",1\n8,"1",2\n'
    read = csv(tmp_path, content, id_column="id", types={"id": "int64", "code": "inferred"}).read()
    assert list(read.index) == [7, 8]
    assert list(read["code"]) == [1, 1]


def test_the_former_reading_can_be_asked_for(tmp_path: Path) -> None:
    content = 'id,code,padded\n007,"01",01\n8,"1",1\n'
    former = csv(tmp_path, content, id_column="id", reading="inferred").read()
    assert list(former.index) == [7, 8]
    assert list(former["code"]) == list(former["padded"]) == [1, 1]
    assert "reading" not in CsvReader(path="x").model_dump()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('a,n\n"1",1\n"01",2\n', ["1", "01"]),
        ('a,n\n"1",1\n"",2\n', ["1", None]),
        ('a,n\n"1",1\n,2\n', ["1", None]),
        ('a,n\n"1",1\n1,2\n', [1, 1]),
        ('a,n\n1,"1"\n2,"2"\n', [1, 2]),
        ('"a","n"\n"1","1"\n"2","2"\n', [1, 2]),
        ('"a","n"\n"01","1"\n"2","2"\n', ["01", "2"]),
        ('"a","n"\n"2024-01-01",1\n', ["2024-01-01"]),
        ('"a","n"\n"true",1\n', ["true"]),
        ('a,n\n"say ""hi"", 1",1\n"2",2\n', ['say "hi", 1', "2"]),
        ('a,n\n"1\n2",1\n"3",2\n', ["1\n2", "3"]),
        ('n,a\n5" pipe,"1"\nx,"2"\n', ["1", "2"]),
        ("a,n\n01,1\n1,2\n", ["01", "1"]),
        ("a,n\n00,1\n0,2\n", ["00", "0"]),
        ("a,n\n0,1\n1,2\n", [0, 1]),
        ("a,n\n0.5,1\n1,2\n", [0.5, 1.0]),
        ("a,n\n-0.5,1\n0.25,2\n", [-0.5, 0.25]),
        ("a,n\n123456789012345678901,1\n1,2\n", ["123456789012345678901", "1"]),
        ("a,n\n1e21,1\n1,2\n", [1e21, 1.0]),
        ("a,n\n9223372036854775808,1\n1.5,2\n", [2.0**63, 1.5]),
    ],
)
def test_digits_are_texts_where_their_writer_says_so(
    content: str, expected: list[Any], tmp_path: Path
) -> None:
    found = cells(csv(tmp_path, content), "a")
    assert found == expected
    assert [type(cell) for cell in found] == [type(cell) for cell in expected]


def test_quoting_in_another_delimiter(tmp_path: Path) -> None:
    assert cells(csv(tmp_path, 'a;n\n"1,5";1\n"01";2\n', delimiter=";"), "a") == ["1,5", "01"]


def test_a_table_of_texts_alone_comes_back_as_texts(tmp_path: Path) -> None:
    """Every cell is quoted, so the metadata beside the file decide."""
    place = store("CsvWriter", tmp_path)
    place.writer.write(pd.DataFrame({"label": ["01", "1"], "day": ["2024-01-01", None]}))
    read = CsvReader(path=place.options["path"]).read()
    assert list(read["label"]) == ["01", "1"]
    assert read["day"].iloc[0] == "2024-01-01"


def test_a_text_that_is_missing_at_first_is_a_text(tmp_path: Path) -> None:
    place, size = store("CsvWriter", tmp_path), 2 * HEAD_BYTES // 8
    table = pd.DataFrame({"n": range(10**6, 10**6 + size), "code": [None] * (size - 1) + ["007"]})
    place.writer.write(table.astype({"code": "str"}))
    read = CsvReader(path=place.options["path"]).read()
    assert read["code"].iloc[-1] == "007"


def test_quotes_beyond_the_head_change_nothing(tmp_path: Path) -> None:
    lines = HEAD_BYTES // 8
    content = "a,b\n" + '"7",1234\n' * lines + "8,1234\n" * 2
    assert set(cells(csv(tmp_path, content), "a")) == {"7", "8"}


@pytest.mark.parametrize("sign", ["==", "<", ">=", "in"])
def test_a_filter_may_compare_ids_as_numbers_or_as_texts(sign: str, tmp_path: Path) -> None:
    reader = csv(tmp_path, "id,n\n0012,1\n13,2\n", id_column="id")
    numbers = {"==": ["0012"], "<": [], ">=": ["0012", "13"], "in": ["0012"]}[sign]
    with_number = reader.model_copy(update={"filters": (("id", sign, 12),)})
    if numbers:
        assert list(with_number.read().index) == numbers
        assert with_number.count() == len(numbers)
    else:
        assert with_number.count() == 0
    assert list(reader.model_copy(update={"filters": (("id", "==", "0012"),)}).read().index) == ["0012"]


def test_great_whole_numbers_of_json_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    ids = [12345678901234500000, 12345678901234500007, 12]
    path.write_text("".join(json.dumps({"id": name, "at": "2024-01-01"}) + "\n" for name in ids))
    reader = JsonlReader(path=str(path), id_column="id")
    assert list(reader.read().index) == list(map(str, ids))
    with pytest.raises(DataError, match="repeated"):
        reader.model_copy(update={"reading": "inferred"}).read()
    path.write_text('{"id": 1.5, "n": 1}\n{"id": 2, "n": 1}\n')
    assert list(reader.read().index) == [1.5, 2.0]
    path.write_text('{"id": "2024-01-01"}\n{"id": "2024-01-02"}\n')
    assert list(reader.read().index) == ["2024-01-01", "2024-01-02"]


def test_decimal_ids_keep_their_digits(tmp_path: Path) -> None:
    ids = [Decimal(12345678901234500000), Decimal(12345678901234500007), Decimal(12)]
    pq.write_table(pa.table({"id": pa.array(ids, pa.decimal128(20, 0)), "x": [1, 2, 3]}), tmp_path / "table")
    reader = ParquetReader(path=str(tmp_path / "table"), id_column="id")
    assert list(reader.read().index) == list(map(str, ids))
    with pytest.raises(DataError, match="1 repeated"):
        reader.model_copy(update={"reading": "inferred"}).read()


def test_other_decimals_become_the_nearest_doubles(tmp_path: Path) -> None:
    prices = [Decimal("0.3"), None, Decimal("1234567.89")]
    pq.write_table(pa.table({"price": pa.array(prices, pa.decimal128(12, 2))}), tmp_path / "table")
    assert cells(ParquetReader(path=str(tmp_path / "table")), "price") == [0.3, None, 1234567.89]


def test_ids_of_databases_are_what_the_column_holds(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "table.db") as connection:
        connection.execute("CREATE TABLE t (id TEXT, whole INTEGER, big NUMERIC)")
        rows = [("00012", 12, 1), ("12", 13, 2)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    connection.close()
    options: dict[str, Any] = {"url": f"sqlite:///{tmp_path}/table.db", "query": "t"}
    assert list(SqlReader(**options, id_column="id").read().index) == ["00012", "12"]
    assert list(SqlReader(**options, id_column="whole").read().index) == [12, 13]


def test_great_ids_of_databases_are_texts() -> None:
    reader = SqlReader(url="sqlite://", query="t", id_column="id")
    seen: dict[str, pa.DataType] = {}
    first = reader._column("id", [Decimal(12345678901234500007), 1 << 64, None, Decimal("1E+2")], seen)
    later = reader._column("id", [5], seen)
    assert first.to_pylist() == ["12345678901234500007", str(1 << 64), None, "100"]
    assert later.to_pylist() == ["5"]


@pytest.mark.parametrize("content", ["id,n\n,1\n2,2\n", "id,n\n01,1\n01,2\n"])
def test_missing_and_repeated_ids_are_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'id' has (1 missing and 0|0 missing and 1) repeated ids"):
        csv(tmp_path, content, id_column="id").read()


def test_an_index_without_a_name_is_no_content(tmp_path: Path) -> None:
    frame = every_type(20).reset_index()
    frame.to_parquet(tmp_path / "plain")
    frame.sample(frac=1, random_state=0).to_parquet(tmp_path / "shuffled")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "shuffled").names
    readers = [ParquetReader(path=str(tmp_path / name), id_column="id") for name in ("plain", "shuffled")]
    plain, shuffled = (reader.read().sort_index() for reader in readers)
    pd.testing.assert_frame_equal(plain, shuffled)
    named = readers[1].model_copy(update={"columns": ("whole", "__index_level_0__")})
    assert list(named.read()) == ["whole", "__index_level_0__"]
    former = readers[1].model_copy(update={"reading": "inferred"})
    assert "__index_level_0__" in former.read()


@pytest.mark.parametrize(
    ("content", "texts", "others", "types"),
    [
        ("a,b\n1,2\n", {"a"}, {"b"}, {"a": "string"}),
        ("a,b\n01,02\n", {"a"}, {"b"}, {"a": "string", "b": "inferred"}),
        ("a,b\nx,y\n", {"a"}, {"b"}, {}),
        ("a,b\n2024-01-01,2\n", {"a", "c"}, set(), {"a": "string"}),
    ],
)
def test_a_schema_settles_what_a_file_cannot_tell(
    content: str, texts: set[str], others: set[str], types: dict[str, str], tmp_path: Path
) -> None:
    reader = csv(tmp_path, content).suited(texts, others)
    assert reader.types == types
    assert all(isinstance(cell, str) for name in texts & {*reader.names()} for cell in cells(reader, name))
    assert reader.suited(texts, others).types == types
