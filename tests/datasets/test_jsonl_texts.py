"""Cells of several types become texts, with the digits that the file has."""

from __future__ import annotations

import io
import json

import pytest

from mxt.datasets import jsonl_texts
from mxt.datasets.jsonl_texts import chunks, mixed_columns, with_texts

LINES = (
    b'{"a": 1, "b": "x", "c": 1.50, "d": null}\n'
    b'{"a": "n/a", "b": null, "c": 12345678901234567890, "d": true}\n'
)


def test_columns_of_texts_and_others_are_found() -> None:
    assert mixed_columns(LINES) == {"a"}
    assert mixed_columns(LINES + b'\n{"d": "yes", "c": "2"}\n') == {"a", "c", "d"}


@pytest.mark.parametrize("lines", [b"[1, 2]\n", b"{not json\n", b""])
def test_what_is_no_object_has_no_columns(lines: bytes) -> None:
    assert mixed_columns(lines) == frozenset()


def test_texts_have_the_digits_of_the_file_and_other_columns_stay() -> None:
    first, second = map(json.loads, with_texts(LINES, {"a", "c"}).splitlines())
    assert first == {"a": "1", "b": "x", "c": "1.50", "d": None}
    assert second == {"a": "n/a", "b": None, "c": "12345678901234567890", "d": True}
    assert json.loads(with_texts(b'{"d": [1, {"x": 2}]}', {"d"})) == {"d": '["1", {"x": "2"}]'}
    with pytest.raises(ValueError, match="no object"):
        with_texts(b"[1]\n", {"a"})


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_chunks_end_where_lines_do(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl_texts, "CHUNK_BYTES", size)
    content = b"one\ntwo\n\nthree"
    found = [*chunks(io.BytesIO(content))]
    assert [line for chunk in found for line in chunk.split(b"\n")] == content.split(b"\n")
