"""Provenance, and what the base of all writers refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest

from contracts.stores import CANARY
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import COLUMNS, Provenance
from mxt.datasets.writers.csv import CsvWriter
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="id"))


def test_provenance_comes_back_from_json() -> None:
    provenance = Provenance({"run": "r1", "model": "models:/churn/7"})
    assert Provenance.from_json(provenance.to_json()) == provenance
    assert provenance.to_json() == '{"model": "models:/churn/7", "run": "r1"}'


def test_provenance_names_the_columns_and_the_texts_among_them() -> None:
    schema = pa.schema([("id", pa.string()), ("name", pa.large_string()), ("x", pa.int64())])
    provenance = Provenance({"run": "r1"}).of(schema)
    assert provenance.facts[COLUMNS] == '{"id": "string", "name": "large_string", "x": "int64"}'
    assert provenance.texts == {"id", "name"}
    assert Provenance({}).texts == frozenset()


def test_an_empty_stream_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"table.csv: there is nothing to write\.$"):
        CsvWriter(path=str(tmp_path / "table.csv")).write([])


@pytest.mark.parametrize("part", [ROWS.rename(columns={"x": "y"}), ROWS.assign(x=CANARY), ROWS.assign(y=1)])
def test_a_later_part_of_another_form_is_refused(part: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="a part of the table has other columns or types than the first"
    ) as caught:
        CsvWriter(path=str(tmp_path / "table.csv")).write([ROWS, part])
    assert CANARY not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_rows_of_other_columns_are_named_when_they_are_added(tmp_path: Path) -> None:
    writer = CsvWriter(path=str(tmp_path / "table.csv"))
    writer.write(ROWS)
    present = writer.provenance()
    assert present is not None
    with pytest.raises(DataError, match=r"other names, types or places have \['x', 'y'\]"):
        writer.refuse_other(to_batch(ROWS.rename(columns={"x": "y"})).schema, present)
    with pytest.raises(DataError, match="another run has changed it meanwhile"):
        writer.refuse_other(to_batch(ROWS).schema, Provenance({}))
