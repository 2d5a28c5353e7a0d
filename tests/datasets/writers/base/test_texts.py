"""Text files and the metadata beside them, which two renames put in place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contracts.stores import every_type
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance, Writer
from mxt.datasets.writers.csv import CsvWriter
from mxt.datasets.writers.jsonl import JsonlWriter
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

TABLE = every_type(30)
EACH = pytest.mark.parametrize("kind", [CsvWriter, JsonlWriter])


def add(writer: Writer, first: int) -> None:
    """Add ten rows to what a writer's target holds."""
    present = writer.provenance()
    assert present is not None
    rows = to_batch(TABLE.iloc[first : first + 10])
    writer.add_arrow(iter([rows]), Provenance({"run": str(first)}), present)


def run_of(writer: Writer) -> str:
    told = writer.provenance()
    assert told is not None
    return told.facts["run"]


@EACH
@pytest.mark.parametrize("table", ["old", "new"])
def test_a_kill_between_the_two_renames_adds_all_rows_or_none(
    kind: type[CsvWriter], table: str, tmp_path: Path
) -> None:
    """What lies there after such a kill is made of what lies there before and after the write."""
    renamed = table == "new"
    target, metadata = tmp_path / "table", tmp_path / "table-metadata.json"
    writer = kind(path=str(target))
    writer.write(TABLE.head(10), Provenance({"run": "0"}))
    before = target.read_bytes(), metadata.read_bytes()
    add(writer, 10)
    after = target.read_bytes(), metadata.read_bytes()

    (tmp_path / "table-metadata.json.next").write_bytes(after[1])
    metadata.write_bytes(before[1])
    target.write_bytes((after if renamed else before)[0])
    assert run_of(writer) == ("10" if renamed else "0")
    add(writer, 20 if renamed else 10)
    if not renamed:
        assert target.read_bytes() == after[0]
        add(writer, 20)
    assert run_of(writer) == "20"
    kind(path=str(tmp_path / "once")).write(TABLE)
    assert target.read_bytes() == (tmp_path / "once").read_bytes()
    assert not (tmp_path / "table-metadata.json.next").exists()


@EACH
def test_a_first_write_that_is_killed_between_the_renames_is_found(
    kind: type[CsvWriter], tmp_path: Path
) -> None:
    target, metadata = tmp_path / "table", tmp_path / "table-metadata.json"
    writer = kind(path=str(target))
    writer.write(TABLE.head(10), Provenance({"run": "0"}))
    metadata.rename(tmp_path / "table-metadata.json.next")
    assert run_of(writer) == "0"
    content = target.read_bytes()
    target.unlink()
    assert writer.provenance() is None
    writer.write(TABLE.head(10), Provenance({"run": "1"}))
    assert (target.read_bytes(), run_of(writer)) == (content, "1")


@EACH
def test_a_replacement_that_fails_after_a_killed_one_leaves_what_is_there(
    kind: type[CsvWriter], tmp_path: Path
) -> None:
    writer = kind(path=str(tmp_path / "table"))
    writer.write(TABLE.head(10), Provenance({"run": "0"}))
    (tmp_path / "table-metadata.json").rename(tmp_path / "table-metadata.json.next")
    with pytest.raises(DataError, match="other columns"):
        writer.write([TABLE, TABLE.drop(columns="flag")], Provenance({"run": "1"}))
    assert run_of(writer) == "0"
    assert {path.name for path in tmp_path.iterdir()} == {"table", "table-metadata.json"}


@EACH
@pytest.mark.parametrize("change", ["a line more", "a line less", "no metadata", "other metadata"])
def test_a_file_that_someone_has_changed_is_not_added_to(
    kind: type[CsvWriter], change: str, tmp_path: Path
) -> None:
    target, metadata = tmp_path / "table", tmp_path / "table-metadata.json"
    writer = kind(path=str(target))
    writer.write(TABLE, Provenance({"run": "0"}))
    lines = target.read_bytes().splitlines(keepends=True)
    if change == "no metadata":
        metadata.unlink()
    elif change == "other metadata":
        metadata.write_text(json.dumps({"@context": "http://www.w3.org/ns/csvw"}))
    else:
        target.write_bytes(b"".join([*lines, lines[-1]] if change == "a line more" else lines[:-1]))
    with pytest.raises(DataError, match=r"not as MXT wrote it, or its metadata are gone\..*--fresh"):
        writer.provenance()
