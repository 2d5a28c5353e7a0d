"""Encodings and delimiters that the first bytes of a file show."""

from __future__ import annotations

import codecs
import io

import pytest

from mxt.datasets.csv_dialects import encoding_fault, is_utf8, known_encoding, one_column_fault, utf8_head

TEXT = "name,amount\nM\u00fcller,5\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "UTF8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("latin-1"), "latin-1"),
        ("\u540d,\u91d1\n\u674e,5\n".encode("gb18030"), "gb18030"),
        (b"", "utf-8"),
        (b"", "utf-16"),
        (b"a,b\n" + b"\0" * 4, "utf-8"),
    ],
)
def test_a_file_in_its_own_encoding_shows_no_fault(content: bytes, encoding: str) -> None:
    assert encoding_fault(content, encoding) == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_the_head_of_a_file_is_the_same_in_each_encoding(encoding: str) -> None:
    assert utf8_head(io.BytesIO(TEXT.encode(encoding)), encoding, 1000).decode() == TEXT
    assert len(utf8_head(io.BytesIO(TEXT.encode(encoding) * 9), encoding, 20).decode()) >= 19


def test_encodings_of_texts_are_known_by_any_of_their_names() -> None:
    assert [is_utf8(name) for name in ("utf8", "UTF-8", "utf-8-sig", "utf-16")] == [True, True, True, False]
    assert known_encoding("windows-1252") == "windows-1252"
    with pytest.raises(ValueError, match="'rot13' is no encoding"):
        known_encoding("rot13")


@pytest.mark.parametrize(
    ("head", "parts"),
    [
        (b"a;b;c\n1;2;3\n", 3),
        (b'"a;x";b\n1;2\n', 2),
        (b"a;b", 2),
        (b"a;b\n1\n", 0),
        (b"a\n1;2\n", 0),
        (b"a,b\n1,2\n", 0),
        (b"", 0),
    ],
)
def test_a_header_is_one_column_if_its_rows_have_as_many_cells_by_another_delimiter(
    head: bytes, parts: int
) -> None:
    fault = one_column_fault(head, ",")
    assert fault == "" if not parts else f"parts the header into {parts}." in fault
