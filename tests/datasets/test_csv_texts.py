"""Which columns of a CSV file hold texts, by how its first lines are written."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from mxt.datasets.csv_texts import HEAD_BYTES, head_of, header


def texts(content: str, *written: str, **types: pa.DataType) -> set[str]:
    """The columns that hold texts, where Arrow infers whole numbers for all unless `types` say otherwise."""
    raw = content.encode()
    head = head_of(raw[: HEAD_BYTES + 1], ",", ("",))
    assert head is not None
    names = header(io.BytesIO(raw), ",")
    return head.texts({name: types.get(name, pa.int64()) for name in names}, {*written})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n", set()),
        ('a,b\n"1",2\n', {"a"}),
        ('a,b\n"1","2"\n', set()),
        ('a,b\n"1",2\n3,4\n', set()),
        ('a,b\n"1",2\n,4\n"",5\n', {"a"}),
        ("a,b\n01,2\n1,0\n", {"a"}),
        ("a,b\n0,0.5\n1,2\n", set()),
        ('"a","b"\n1,"x ""1"" y"\n', {"b"}),
        ('a,b\n"1,100",2\n900,3\n', set()),
        ('a,b\n"1,100",2\n"900",3\n', {"a"}),
        ('a,b\n"1,5",2\n"2,5",3\n', set()),
    ],
    ids=[
        "bare",
        "one quoted",
        "all quoted",
        "now and then",
        "gaps",
        "padded",
        "zeros",
        "quotes within quotes",
        "quoted for the delimiter within",
        "quoted without need",
        "all quoted for the delimiter within",
    ],
)
def test_quotes_and_padding_make_texts(content: str, expected: set[str]) -> None:
    assert texts(content) == expected


def test_whole_numbers_that_were_inferred_as_doubles_are_too_great_for_integers() -> None:
    content = "a,b\n12345678901234567890,1\n1,1.5\n"
    assert texts(content, a=pa.float64(), b=pa.float64()) == {"a"}


def test_metadata_count_unless_the_file_has_bare_cells() -> None:
    assert texts('a,b\n"1",\n', "a", "b") == {"a", "b"}
    assert texts('a,b\n1,"2"\n3,4\n', "a", "b") == set()


def test_only_whole_lines_of_the_head_count() -> None:
    line = '"1","two\nlines",3\n'
    content = "a,b,c\n" + line * (HEAD_BYTES // len(line) + 2) + "1,2,3\n"
    assert texts(content) == {"a", "b"}


@pytest.mark.parametrize("content", [b"", b"a,b"])
def test_what_cannot_be_parsed_has_no_head(content: bytes) -> None:
    assert head_of(content, ",", ("",)) is None


def test_a_header_may_hold_quotes_lines_and_another_delimiter() -> None:
    assert header(io.BytesIO(b'\xef\xbb\xbf"a;1";"b\n2";c\n1;2;3\n'), ";") == ["a;1", "b\n2", "c"]
    assert header(io.BytesIO(b""), ",") == []
