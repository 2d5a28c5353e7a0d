"""How a CSV file is written: known texts in every encoding, and every sign between cells."""

from __future__ import annotations

import pytest

from mxt.drafts.dialects import Dialect, cells, dialect_of
from mxt.errors import DataError

TEXT = "Größe;Umsatz;Straße\n1,75;1.200,50;Weg 1\n1,80;;Weg 2\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
        (b"a;b\n1;2\n", "utf-8"),
    ],
)
def test_the_encoding_is_known_by_the_bytes(content: bytes, encoding: str) -> None:
    dialect = dialect_of(content)
    assert dialect == Dialect(encoding, ";")
    names = [*cells(content, dialect, "x.csv")]
    assert names == (["a", "b"] if content.startswith(b"a;") else ["Größe", "Umsatz", "Straße"])


def test_a_character_that_the_head_cuts_off_is_no_reason_for_another_encoding() -> None:
    assert dialect_of("a;ö".encode()[:-1]).encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b,c|d\n1|2,3|4\n", "|"),
        ('"a;b",c\n"1;2",3\n', ","),
        ("one\n1\n2\n", ","),
        ("", ","),
    ],
)
def test_the_sign_between_cells_is_the_one_that_parts_all_records_as_the_header(
    text: str, delimiter: str
) -> None:
    assert dialect_of(text.encode()).delimiter == delimiter


def test_cells_stay_as_they_are_written() -> None:
    table = cells(b'id,x,y\n007, ?,"a,b"\n008,,"1"\n', Dialect("utf-8", ","), "x.csv")
    assert table.to_dict("list") == {"id": ["007", "008"], "x": [" ?", ""], "y": ["a,b", "1"]}


def test_what_is_no_table_is_refused_without_a_cell() -> None:
    with pytest.raises(DataError, match=r"x\.csv: no table of CSV \(ArrowInvalid\)") as refused:
        cells(b"", Dialect("utf-8", ","), "x.csv")
    assert "secret" not in str(refused.value)
