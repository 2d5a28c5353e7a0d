"""CSV as it is found: quoted, delimited by other characters, with gaps, ragged, in foreign encodings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.datasets.csv_files import BLOCK_BYTES
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.tables import ROW
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, content: str | bytes, **options: object) -> pd.DataFrame:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvReader(**{"path": str(path), **options}).read()  # type: ignore[arg-type] # any options


@pytest.mark.parametrize(
    ("content", "options", "cells"),
    [
        ('a,b\n"1,5",2\n', {}, {"a": ["1,5"], "b": [2]}),
        ('a;b\n"1;5";2,5\n', {"delimiter": ";"}, {"a": ["1;5"], "b": ["2,5"]}),
        ("a\tb\nx\t1.5\n", {"delimiter": "\t"}, {"a": ["x"], "b": [1.5]}),
        ('a\n"say ""hi"""\n', {}, {"a": ['say "hi"']}),
        ('a,b\n"two\r\nlines",1\n', {}, {"a": ["two\r\nlines"], "b": [1]}),
        ("a,b\r\nx,1\r\n", {}, {"a": ["x"], "b": [1]}),
        ('"a,b"\n1\n', {}, {"a,b": [1]}),
        ("\ufeffa\n1\n", {}, {"a": [1]}),
        ("a,b\n,1\n2,\n", {}, {"a": [np.nan, 2], "b": [1, np.nan]}),
        ("a\n \n1\n", {"missing": ("", " ")}, {"a": [np.nan, 1]}),
        ("a\nNA\n1\n", {"missing": ("NA",)}, {"a": [np.nan, 1]}),
        ("a\nNA\nx\n", {}, {"a": ["NA", "x"]}),
        ("a,b\n007,1\n", {"types": {"a": "string"}}, {"a": ["007"], "b": [1]}),
        ("a,b\n7,1\n", {"types": {"a": "float64", "not in the file": "int64"}}, {"a": [7.0], "b": [1]}),
        ("a\ntrue\nfalse\n", {}, {"a": [True, False]}),
        ("a\n2024-02-29 23:59:58\n", {}, {"a": [pd.Timestamp("2024-02-29 23:59:58")]}),
        ("a\n2024-02-29\n", {}, {"a": [pd.Timestamp("2024-02-29")]}),
    ],
)
def test_cells_mean_what_they_say(
    content: str, options: dict[str, Any], cells: dict[str, list[Any]], tmp_path: Path
) -> None:
    expected = pd.DataFrame(cells).rename_axis(ROW)
    for name in expected.select_dtypes("datetime").columns:
        expected[name] = expected[name].astype("datetime64[us]")
    pd.testing.assert_frame_equal(read(tmp_path / "table.csv", content, **options), expected)


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        ("a,b\n1,2\n{canary},3,4\n", {}, "Row #3"),
        ("a,b\n1,2\n{canary}\n", {}, "Row #3"),
        ("a,b\n1,2\n3,{canary}\n", {"types": {"b": "int64"}}, "CSV column #1|[Cc]olumn #1"),
        ("a,a\n1,{canary}\n", {}, "cannot be read|repeats the columns"),
        (b"a,b\n1,caf\xe9{canary}\n", {}, r"the columns \['b'\] are not UTF-8"),
        (b"a,caf\xe9\n1,{canary}\n", {}, "the header is not UTF-8"),
        ("a\n{canary}\n".encode("utf-16"), {}, "set `encoding: utf-16`"),
        ("a,b\n", {}, "no rows"),
        ("a\n{canary}\n", {"filters": (("a", ">", 5),)}, "filters compare like with like"),
    ],
)
def test_a_file_that_breaks_the_rules_is_told_without_its_cells(
    content: str | bytes, options: dict[str, Any], told: str, tmp_path: Path
) -> None:
    mark = CANARY if isinstance(content, str) else CANARY.encode()
    filled = content.replace("{canary}" if isinstance(content, str) else b"{canary}", mark)  # type: ignore[arg-type] # both of one type
    with pytest.raises(DataError, match=told) as caught:
        read(tmp_path / "table.csv", filled, **options)
    assert CANARY not in str(caught.value)


def test_a_column_that_changes_its_type_in_a_later_block_is_told(tmp_path: Path) -> None:
    line = "123456789,1234567890123456789012345678901234567890\n"
    content = "a,b\n" + line * (BLOCK_BYTES // len(line) + 10) + f"{CANARY},x\n"
    with pytest.raises(DataError, match="Column 'a' is int64 in rows before it") as caught:
        read(tmp_path / "table.csv", content)
    assert CANARY not in str(caught.value)
    table = read(tmp_path / "table.csv", content, types={"a": "string"}, columns=("a",))
    assert table["a"].iloc[-1] == CANARY


def test_lines_within_quotes_may_cross_a_block(tmp_path: Path) -> None:
    cell = "\n" * 1000 + "end"
    rows = BLOCK_BYTES // len(cell) + 100
    table = read(tmp_path / "table.csv", "a,b\n" + f'"{cell}",1\n' * rows)
    assert len(table) == rows
    assert (table["a"] == cell).all()


def test_times_of_the_day_are_refused_with_the_line_that_reads_them_as_texts(tmp_path: Path) -> None:
    content = "a,t\n1,10:30:00\n"
    with pytest.raises(DataError, match=r"Set `types: \{t: string\}`, or `columns: \['a'\]`\.$"):
        read(tmp_path / "table.csv", content)
    assert read(tmp_path / "table.csv", content, types={"t": "string"})["t"].tolist() == ["10:30:00"]


def test_spellings_of_missing_values_count_in_quotes_too_and_with_their_blanks(tmp_path: Path) -> None:
    table = read(tmp_path / "table.csv", 'a,b\n"?", ?\n5,x\n?," ?"\n', missing=("", "?", " ?"))
    assert table["a"].tolist() == [pytest.approx(np.nan, nan_ok=True), 5, pytest.approx(np.nan, nan_ok=True)]
    assert table["b"].isna().tolist() == [True, False, True]
