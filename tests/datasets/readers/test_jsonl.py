"""JSON Lines as it is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, content: str | bytes, **options: object) -> pd.DataFrame:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return JsonlReader(**{"path": str(path), **options}).read()  # type: ignore[arg-type] # any options


@pytest.mark.parametrize(
    ("content", "options", "cells"),
    [
        ('{"a": 1, "b": "x"}\n{"b": "y", "a": 2}\n', {}, {"a": [1, 2], "b": ["x", "y"]}),
        ('{"a": 1}\n{"a": 2, "b": 3}\n', {}, {"a": [1, 2], "b": [None, 3]}),
        ('{"a": null}\n{"a": 2.5}\n', {}, {"a": [None, 2.5]}),
        ('{"a": "\\u00fc\\n"}\n{"a": "x"}', {}, {"a": ["ü\n", "x"]}),
        ('{"a": "2024-02-29"}\n', {"types": {"a": "string"}}, {"a": ["2024-02-29"]}),
        ('{"a": 1, "b": true}\n', {"types": {"a": "float64", "c": "int64"}}, {"a": [1.0], "b": [True]}),
    ],
)
def test_objects_become_rows(
    content: str, options: dict[str, Any], cells: dict[str, list[Any]], tmp_path: Path
) -> None:
    table = read(tmp_path / "table.jsonl", content, **options)
    pd.testing.assert_frame_equal(table, pd.DataFrame(cells).rename_axis("row"))


@pytest.mark.parametrize(
    "content",
    [
        '{"a": "{canary}"\n',
        '{"a": 1}\n{"a": "{canary}"}\n',
        '["{canary}"]\n',
        "{canary}\n",
        b'{"a": "caf\xe9{canary}"}\n',
    ],
)
def test_a_file_that_breaks_the_rules_is_told_without_its_cells(content: str | bytes, tmp_path: Path) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(DataError, match="cannot be read by JsonlReader") as caught:
        read(tmp_path / "table.jsonl", raw.replace(b"{canary}", CANARY.encode()))
    assert CANARY not in str(caught.value)


def test_a_column_that_changes_its_type_in_a_later_block_is_told(tmp_path: Path) -> None:
    lines = [json.dumps({"a": row, "b": "x" * 100}) for row in range(20_000)]
    with pytest.raises(DataError, match="Column 'a' is a number in rows before it") as caught:
        read(tmp_path / "table.jsonl", "\n".join([*lines, json.dumps({"a": CANARY, "b": "x"})]))
    assert CANARY not in str(caught.value)


def test_a_file_of_one_open_line_is_refused_and_not_read_as_nulls(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the only line of .* does not end") as caught:
        read(tmp_path / "table.jsonl", json.dumps({"a": CANARY}))
    assert CANARY not in str(caught.value)


def test_a_type_that_the_config_names_and_the_file_breaks_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="Column 'a' is a number by `types`, and a string in the file"
    ) as caught:
        read(tmp_path / "table.jsonl", f'{{"a": "{CANARY}"}}\n' * 2, types={"a": "float64"})
    assert CANARY not in str(caught.value)


def test_lists_are_refused_with_the_line_that_leaves_them_out(tmp_path: Path) -> None:
    content = '{"a": [1, 2], "b": 1}\n' * 2
    with pytest.raises(DataError, match=r"'a' holds list<item: int64>; .* Set `columns: \['b'\]`"):
        read(tmp_path / "table.jsonl", content)
    assert read(tmp_path / "table.jsonl", content, columns=("b",))["b"].tolist() == [1, 1]


MIXED = '{"id": "a", "n": 1, "x": 0.5}\n{"id": "b", "n": "n/a"}\n{"id": "c", "n": 2.50, "x": 2}\n'


def test_a_column_of_numbers_and_texts_is_one_of_texts_for_those_who_can_take_it(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    with pytest.raises(DataError, match="cannot be read by JsonlReader"):
        read(path, MIXED, id_column="id")
    table = JsonlReader(path=str(path), id_column="id").loosely().read()
    assert table["n"].tolist() == ["1", "n/a", "2.50"]
    assert table["x"].dtype == "float64"
    reader = JsonlReader(path=str(path), id_column="id", filters=(("x", ">", 1),)).loosely()
    assert reader.names() == ["id", "n", "x"]
    assert (reader.count(), reader.rows()) == (1, 1)
    assert reader.read(["n"])["n"].to_dict() == {"c": "2.50"}
    assert [
        batch["n"].to_pylist() for batch in reader.model_copy(update={"filters": ()}).arrow(["n"], 1)
    ] == [["n/a", "2.50"]]
