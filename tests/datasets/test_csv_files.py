"""What the first lines of a file show of its dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from mxt.datasets.csv_files import Dialect

if TYPE_CHECKING:
    from pathlib import Path

DIALECT = Dialect(delimiter=";", encoding="utf-16", decimal=",", thousands=".", missing=("",))


def fragment(path: Path, content: str) -> ds.FileFragment:
    """A file in UTF-16."""
    path.write_bytes(content.encode("utf-16"))
    return next(iter(ds.dataset(str(path), pa.schema([]), "csv").get_fragments()))


def test_header_head_and_numbers_are_read_in_the_dialect(tmp_path: Path) -> None:
    file = fragment(tmp_path / "table.csv", "\u00e4;b;c\n1.100;x;1,5\n2.200,5;007;2\n")
    schema = pa.schema({"\u00e4": pa.string(), "b": pa.string(), "c": pa.float64()})
    names, head = DIALECT.head(file)
    assert names == DIALECT.header(file) == ["\u00e4", "b", "c"]
    assert head is not None
    assert head.padded == {"b"}
    assert DIALECT.types_in(file, schema) == {"\u00e4": pa.float64()}
    assert DIALECT.fault_of(file, set()) == ""


def test_a_column_that_the_config_names_is_one_column(tmp_path: Path) -> None:
    file = fragment(tmp_path / "table.csv", "a,b\n1,2\n")
    assert "set `delimiter: ','`" in DIALECT.fault_of(file, set())
    assert DIALECT.fault_of(file, {"a,b"}) == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UnicodeDecodeError("utf-16", b"x", 0, 1, "?"), "It is not utf-16; set `encoding: latin-1`"),
        (
            ValueError("In CSV column #1: CSV conversion error to string: invalid UTF8 data"),
            "'b' is not UTF-8",
        ),
        (
            ValueError("In CSV column #0: Row #3: CSV conversion error to int64: invalid value '1.100'"),
            "Column 'a' is int64 in rows before it",
        ),
        (
            ValueError("In CSV column #0: CSV conversion error to timestamp[us]: invalid value '31.12.2025'"),
            (
                "Column 'a' has a cell that is no time of ISO 8601: '99.99.9999'-like; "
                'set `time_formats: ["%d.%m.%Y"]` in `inputs`.'
            ),
        ),
        (ValueError("In CSV column #7: CSV conversion error to int64: invalid value '1'"), ""),
    ],
)
def test_arrows_errors_are_put_in_words(error: Exception, told: str, tmp_path: Path) -> None:
    hint = DIALECT.hint(fragment(tmp_path / "table.csv", "a;b\n1;2\n"), error)
    assert hint.startswith(told) or told in hint
    assert "1.100" not in hint
