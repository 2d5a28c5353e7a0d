"""Tables of databases, and the table of their provenances."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from datasets.writers.grown import FACTS, added
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.sql import PROVENANCE_TABLE, SqlWriter
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pd.DataFrame({"x": [0.5, None], "flag": [True, False]}, index=pd.Index(["a", "b"], name="id"))


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "crm.db") as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - the test's own name


def writer(folder: Path, table: str = "scores") -> SqlWriter:
    return SqlWriter(url=f"sqlite:///{folder}/crm.db", table=table)


def test_a_table_that_mxt_did_not_write_has_an_empty_provenance(tmp_path: Path) -> None:
    assert writer(tmp_path).provenance() is None
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE scores (x INTEGER)")
    assert writer(tmp_path).provenance() == Provenance({})


def test_each_table_has_one_record_of_its_provenance(tmp_path: Path) -> None:
    for table in ("scores", "others", "scores"):
        writer(tmp_path, table).write(ROWS, Provenance(FACTS))
    added(writer(tmp_path), ROWS)
    assert [name for name, _ in rows(tmp_path, PROVENANCE_TABLE)] == ["others", "scores"]
    assert len(rows(tmp_path, "scores")) == 2 * len(rows(tmp_path, "others")) == 4
    provenance = writer(tmp_path).provenance()
    assert provenance is not None
    assert FACTS.items() <= provenance.facts.items()


def test_a_write_that_fails_is_undone_with_its_drop(tmp_path: Path) -> None:
    writer(tmp_path).write(ROWS)
    before = rows(tmp_path, "scores")
    with pytest.raises(DataError):
        writer(tmp_path).write([ROWS, ROWS.drop(columns="x")])
    assert rows(tmp_path, "scores") == before


@pytest.mark.parametrize("name", ["a b", "1x", "x;DROP", ""])
def test_a_table_has_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="table"):
        writer(tmp_path, name)
