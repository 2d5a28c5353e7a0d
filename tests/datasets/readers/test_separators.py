"""CSV with separators between thousands, decimal commas and other encodings, read as the plain file is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from mxt.datasets.conditions import Sample
from mxt.datasets.csv_files import BLOCK_BYTES
from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.marks import Mark
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 400


def read(path: Path, content: str | bytes, **options: object) -> pd.DataFrame:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvReader(**{"path": str(path), **options}).read()  # type: ignore[arg-type] # any options


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whole numbers, fractions, gaps, texts and ids in the dialect of the defaults."""
    chance = np.random.default_rng(0)
    amount = pd.Series(chance.integers(-2_000_000, 2_000_000, ROWS)).astype("Int64")
    table = pd.DataFrame(
        {
            "id": [f"{row:05d}" for row in range(ROWS)],
            "amount": amount.where(chance.random(ROWS) > 0.1),
            "price": np.round(chance.normal(0, 1e4, ROWS), 3),
            "small": chance.integers(0, 9, ROWS),
            "word": chance.choice(["ä", "b, c", "1.2.3"], ROWS),
        }
    )
    path = tmp_path_factory.mktemp("plain") / "plain.csv"
    table.to_csv(path, index=False)
    return path


def written(plain: Path, folder: Path, decimal: str, thousands: str, delimiter: str, encoding: str) -> Path:
    """The same table in another dialect."""
    kinds: dict[str, Any] = {"id": str, "amount": "Int64"}
    table = pd.read_csv(plain, dtype=kinds)
    swap = str.maketrans({",": thousands, ".": decimal})
    table["amount"] = ["" if pd.isna(cell) else f"{cell:,}".translate(swap) for cell in table["amount"]]
    table["price"] = [f"{cell:,}".translate(swap) for cell in table["price"]]
    path = folder / "other.csv"
    table.to_csv(path, index=False, sep=delimiter, encoding=encoding)
    return path


DIALECTS: list[dict[str, Any]] = [
    {"decimal": ",", "thousands": ".", "delimiter": ";", "encoding": "utf-16"},
    {"decimal": ".", "thousands": ",", "delimiter": ",", "encoding": "utf-8"},
    {"decimal": ",", "thousands": " ", "delimiter": "\t", "encoding": "cp1252"},
    {"decimal": ".", "thousands": "'", "delimiter": "|", "encoding": "utf-16-be"},
]


OPTIONS: list[dict[str, Any]] = [
    {"columns": ("price",)},
    {"filters": (("amount", ">", 1000), ("price", "<=", 1234.5)), "columns": ("word",)},
    {"limit": 7, "filters": (("small", "in", (1, 2)),)},
    {"sample": Sample(rows=20, seed=3), "filters": (("price", ">", 0),)},
    {"types": {"amount": "float64", "price": "string", "small": "inferred"}, "columns": ("amount", "small")},
]


@pytest.mark.parametrize(
    ("dialect", "options"),
    [*((dialect, {}) for dialect in DIALECTS), *((DIALECTS[0], options) for options in OPTIONS)],
    ids=str,
)
def test_a_table_is_the_same_in_every_dialect(
    dialect: dict[str, Any], options: dict[str, Any], plain: Path, tmp_path: Path
) -> None:
    expected = CsvReader(path=str(plain), id_column="id", **options)
    path = written(plain, tmp_path, **dialect)
    reader = CsvReader(path=str(path), id_column="id", **dialect, **options)
    pd.testing.assert_frame_equal(reader.read(), expected.read())
    assert fingerprint(reader.arrow()) == fingerprint(expected.arrow())
    assert (reader.count(), reader.rows()) == (expected.count(), expected.rows())
    assert reader.declared(["amount", "price"]) == expected.declared(["amount", "price"])
    later = (pa.Table.from_batches(rows.arrow(first_row=5)) for rows in (reader, expected))
    assert next(later).equals(next(later))


def test_rows_beyond_a_mark_are_those_of_the_numbers(plain: Path, tmp_path: Path) -> None:
    path = written(plain, tmp_path, **DIALECTS[0])
    mark = Mark("price", "number", 12_000.5)
    readers = CsvReader(path=str(plain)), CsvReader(path=str(path), **DIALECTS[0])
    expected, same = (reader.since(mark).read() for reader in readers)
    assert 0 < len(expected) < ROWS
    pd.testing.assert_frame_equal(same, expected)


@pytest.mark.parametrize(
    ("cells", "options", "values"),
    [
        (["1,100", "+2,200", "-3,300", "4"], {"thousands": ","}, [1100, 2200, -3300, 4]),
        (["1.234.567,89", "5"], {"thousands": ".", "decimal": ","}, [1234567.89, 5.0]),
        (["1\u202f100", "1\u00a0200", "1 300"], {"thousands": " "}, [1100, 1200, 1300]),
        (["1\u2019100", "1'200,5"], {"thousands": "'", "decimal": ","}, [1100.0, 1200.5]),
        (["0,1", "-1e-3", "2,25e2"], {"decimal": ","}, [0.1, -0.001, 225.0]),
        (["1,100", "1e3", ".5", " 7 "], {"thousands": ","}, [1100.0, 1000.0, 0.5, 7.0]),
        (["123,456,789,012.345678", "0.1"], {"thousands": ","}, [123456789012.345678, 0.1]),
        (["1,100", "1,10"], {"thousands": ","}, ["1,100", "1,10"]),
        (["(1,100)", "5"], {"thousands": ","}, ["(1,100)", "5"]),
        (["$1,100", "5"], {"thousands": ","}, ["$1,100", "5"]),
        (["1 100", "1.5"], {"thousands": " ", "decimal": ","}, ["1 100", "1.5"]),
        (["1.5", "2,5"], {"decimal": ","}, ["1.5", "2,5"]),
        (["++1,100", "5"], {"thousands": ","}, ["++1,100", "5"]),
        (["1,100", "5"], {}, ["1,100", "5"]),
        (["1,100", "?"], {"thousands": ",", "missing": ("?",)}, [1100, None]),
    ],
    ids=str,
)
def test_numbers_are_read_exactly_or_not_at_all(
    cells: list[str], options: dict[str, Any], values: list[Any], tmp_path: Path
) -> None:
    content = "x;y\n" + "".join(f"{cell};0\n" for cell in cells)
    column = read(tmp_path / "table.csv", content, delimiter=";", **options)["x"]
    pd.testing.assert_series_equal(column, pd.Series(values), check_names=False, check_index_type=False)


def test_texts_that_are_quoted_without_need_are_numbers_if_the_config_says_so(tmp_path: Path) -> None:
    content = 'x;y\n"1.100";0\n"900";0\n'
    options = {"delimiter": ";", "decimal": ",", "thousands": "."}
    assert read(tmp_path / "table.csv", content, **options)["x"].tolist() == [1100, 900]
    assert read(tmp_path / "table.csv", 'x;y\n"900";0\n', **options)["x"].tolist() == ["900"]


def test_later_blocks_may_be_the_first_with_a_separator(tmp_path: Path) -> None:
    line = "123;" + "x" * 90 + "\n"
    rows = BLOCK_BYTES // len(line) + 10
    content = "a;b\n" + line * rows
    path = tmp_path / "table.csv"
    table = read(path, content + "1,100;y\n", delimiter=";", thousands=",", columns=("a",))
    assert table["a"].dtype == "int64"
    assert table["a"].iloc[[0, -1]].tolist() == [123, 1100]
    with pytest.raises(
        DataError, match=r"Column 'a' is int64 in rows before it: '9,999'-like; set `thousands"
    ):
        CsvReader(path=str(path), delimiter=";", columns=("a",)).read()


def test_files_of_a_folder_are_chosen_by_its_name_before_they_are_read(tmp_path: Path) -> None:
    for year, cell in ((2024, "1,100"), (2025, "1,10")):
        (tmp_path / f"year={year}").mkdir()
        (tmp_path / f"year={year}" / "part.csv").write_text(f"x;y\n{cell};0\n")
    reader = CsvReader(path=str(tmp_path), delimiter=";", thousands=",", filters=(("year", "==", 2024),))
    assert reader.read().to_dict("list") == {"x": [1100], "y": [0], "year": [2024]}
    message = (
        r"year=2025/part.csv: column 'x' is int64 in rows before it: '9,99'-like; set `decimal: ','`; mend it"
    )
    with pytest.raises(DataError, match=message):
        CsvReader(path=str(tmp_path), delimiter=";", thousands=",").read()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
def test_a_file_is_read_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    content = 'ä,"b\nc"\né,1\n"x, ü",2\n'.encode(encoding)
    table = read(tmp_path / "table.csv", content, encoding=encoding)
    assert table.to_dict("list") == {"ä": ["é", "x, ü"], "b\nc": [1, 2]}


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    content = "\ufeffid,x\n007,1\n"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        table = read(tmp_path / "table.csv", content.encode(encoding), encoding=encoding, id_column="id")
        assert table.index.tolist() == ["007"]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a,b\n1,2\n".encode("utf-16"), {}, "byte order mark; set `encoding: utf-16`"),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, "NUL beside each character; set `encoding: utf-16-le`"),
        (
            "a,b\n1,2\n".encode("utf-16-be"),
            {"encoding": "utf-16"},
            "no byte order mark; set `encoding: utf-16-be`",
        ),
        (b"a,b\n1,2\n", {"encoding": "utf-16"}, "the file is no utf-16; leave out `encoding`"),
        ("ä,b\n1,2\n".encode("latin-1"), {}, "the header is not UTF-8; set `encoding: latin-1`"),
        ("a,b\n1,ä\n".encode("latin-1"), {}, r"the columns \['b'\] are not UTF-8; set `encoding: latin-1`"),
        (b"a,b\n1,\x81\n", {"encoding": "cp1252"}, "the file is not cp1252; set `encoding: latin-1`"),
        ("a,b\n1,2\n".encode("utf-32"), {}, "byte order mark; set `encoding: utf-32`"),
        (b"a,b,a\n1,2,3\n", {}, r"the header repeats the columns \['a'\]"),
        (b"sep=;\na;b\n1;2\n", {"delimiter": ";"}, "the first line is Excel's `sep=`"),
        (b"a;b\n1;2\n", {}, "one column; set `delimiter: ';'`"),
        (b"a;b\n1;2,5\n", {}, "one column; set `delimiter: ';'`"),
        (b"a\tb\n1\t2\n", {}, r'one column; set `delimiter: "\\t"`'),
        (b"a|b\n1|2\n", {"delimiter": ";"}, r"one column; set `delimiter: '\|'`"),
        (b"a,b\n1,2\n", {"delimiter": "\t"}, "one column; set `delimiter: ','`"),
    ],
)
def test_another_dialect_is_named_with_the_line_to_write(
    content: bytes, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path / "table.csv", content, **options)


@pytest.mark.parametrize(
    ("content", "options"),
    [(b"a;b\n1;2\n", {"columns": ("a;b",)}), (b"a|b\nplain\n", {}), (b"a\n1;2\n", {}), (b'"a, b"\n1\n', {})],
)
def test_one_column_that_was_meant_is_read(content: bytes, options: dict[str, Any], tmp_path: Path) -> None:
    assert read(tmp_path / "table.csv", content, **options).shape == (1, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"thousands": "."}, r"`thousands` and `decimal` are both '\.'; set `decimal: ','`"),
        ({"encoding": "utf-99"}, "no encoding that Python knows"),
        ({"encoding": "base64"}, "no encoding that Python knows"),
        ({"decimal": ";"}, "Input should be '.' or ','"),
    ],
)
def test_a_dialect_that_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CsvReader(path="x", **fields)


def test_a_config_without_the_new_fields_is_what_it_was() -> None:
    fields = json.loads(CsvReader(path="x").model_dump_json())
    assert not {"decimal", "thousands", "encoding"} & set(fields)
