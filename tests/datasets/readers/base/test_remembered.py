"""Remembered fields: what of a reader says how cells are read, and which of it another reader can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import Field

from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.base.remembered import Remembered, recalled, remembered
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.readers.sql import SqlReader
from mxt.kinds import members

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

CHOICE = {"path", "url", "query", "name", "columns", "filters", "limit", "sample", "reading"}
"""Fields that say which table and which rows are read, or that a version remembers elsewhere."""

TRAINED = CsvReader(
    path="/training.csv",
    columns=("id", "age"),
    limit=9,
    id_column="id",
    missing=("", " ?"),
    delimiter=";",
    types={"age": "float64", "month": "inferred"},
)


class WidthsReader(Reader):
    """Reads columns of fixed widths, as a package of somebody else would."""

    KIND: Literal["WidthsReader"] = "WidthsReader"

    path: str
    """The file."""

    widths: Remembered[tuple[int, ...]] = (8,)
    """How many characters each cell has."""

    missing: Remembered[int] = Field(default=-1, exclude_if=lambda number: number == -1)
    """The number that stands for a missing value."""

    @property
    def source(self) -> str:
        return self.path

    def names(self) -> list[str]:
        return ["id"]

    def count(self) -> int:
        return 0

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        yield pa.RecordBatch.from_pydict({name: [] for name in columns})


@pytest.mark.parametrize("name", [name for name, kind in members(Reader).items() if kind is not WidthsReader])
def test_all_that_says_how_cells_are_read_is_remembered_and_nothing_else(name: str) -> None:
    kind = members(Reader)[name]
    own: Any = {name: "x" for name, field in kind.model_fields.items() if field.is_required()}
    own |= {name: "y" for name, field in kind.model_fields.items() if field.exclude_if}
    assert set(remembered(kind.model_construct(**own))) == set(kind.model_fields) - CHOICE


def test_a_reader_of_the_same_kind_recalls_what_its_config_leaves_out() -> None:
    record = remembered(TRAINED)
    later = CsvReader(path="/later.csv", delimiter=",")
    known = recalled(later, record)
    assert (known["id_column"], known["missing"]) == ("id", ("", " ?"))
    assert known["types"] == {"age": "float64", "month": "inferred"}
    assert not {"delimiter", "path", "columns", "limit"} & known.keys()
    assert "id_column" not in recalled(CsvReader(path="/later.csv", id_column=None), record)
    assert recalled(later, {}) == {}


def test_a_reader_of_another_kind_recalls_the_fields_and_values_that_it_can_have() -> None:
    record = remembered(TRAINED)
    assert recalled(ParquetReader(path="/later"), record) == {"id_column": "id"}
    fits = {"id_column": "id", "types": {"age": "float64"}}
    assert recalled(JsonlReader(path="/later"), record) == fits
    assert recalled(SqlReader(url="env:DATABASE", query="t"), record) == fits


def test_a_reader_of_a_plug_in_declares_its_own_fields() -> None:
    reader = WidthsReader(path="/a.txt", widths=(3, 4))
    record = remembered(reader)
    assert record == {"KIND": "WidthsReader", "id_column": None, "widths": [3, 4], "missing": -1}
    assert recalled(WidthsReader(path="/b.txt"), record)["widths"] == (3, 4)
    assert recalled(WidthsReader(path="/b.txt"), remembered(TRAINED)) == {"id_column": "id"}
    assert recalled(CsvReader(path="/b.csv"), record) == {"id_column": None}
