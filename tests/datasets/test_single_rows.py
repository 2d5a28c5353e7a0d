"""One row of a table, by an id that a person typed or by its number."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mxt.datasets.endings import reader_of_file
from mxt.datasets.readers.base import Reader
from mxt.datasets.single_rows import row_by_id, row_by_number
from mxt.errors import DataError

TEXTS = ["00007", "7590-VHVEG", "ä b", "12E5"]
IDS: dict[str, tuple[list[Any], str, str]] = {
    "texts": (TEXTS, "7590-VHVEG", "7590-vhveg"),
    "leading zeros": (TEXTS, "00007", "7"),
    "whole numbers": ([1, 7, 20, 300], "7", "8"),
    "beyond doubles": ([2**53 + 1, 2**53 + 3, 1, 2], str(2**53 + 3), str(2**53 + 4)),
    "doubles": ([1.5, 7.0, 2.0, 3.0], "7", "7.1"),
    "times": (list(pd.date_range("2026-01-01", periods=4)), "2026-01-02", "x"),
    "decimals": ([Decimal("1.10"), Decimal("7.00"), Decimal("2.00"), Decimal("3.00")], "7", "8"),
}


def reader_of(path: Path, ids: list[Any]) -> Reader:
    """A reader of a table with these ids."""
    table = pd.DataFrame({"id": ids, "place": range(len(ids)), "other": "x"})
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    return reader_of_file(str(path)).model_copy(update={"id_column": "id"})


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_row_is_found_by_its_id_whatever_type_ids_have(kind: str, ending: str, tmp_path: Path) -> None:
    ids, wanted, absent = IDS[kind]
    reader = reader_of(tmp_path / f"t.{ending}", ids)
    whole = reader.read()
    if ending == "csv":  # ids stay the texts of the file
        wanted = str(whole.index[1 if wanted != "00007" else 0])
    row = row_by_id(reader, wanted, ["place"])
    pd.testing.assert_frame_equal(row, whole.loc[[row.index[0]], ["place"]])
    assert list(row.columns) == ["place"]
    assert row["place"].iloc[0] == (0 if wanted == "00007" else 1)
    with pytest.raises(DataError, match=f"none of its 4 rows has the id '{absent}'"):
        row_by_id(reader, absent, ["place"])


@pytest.mark.parametrize("typed", ["7", " 00007", "0000-7"])
def test_ids_that_are_written_alike_are_named(typed: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"near misses: '00007'"):
        row_by_id(reader_of(tmp_path / "t.csv", TEXTS), typed, None)


def test_at_most_five_near_misses_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        row_by_id(reader_of(tmp_path / "t.csv", [f"customer-{n}" for n in range(100)]), "customer", None)
    assert str(refused.value).count("'customer-") == 5


def test_an_id_of_two_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"id 'a': id column 'id' has 0 missing and 1 repeated ids"):
        row_by_id(reader_of(tmp_path / "t.csv", ["a", "a", "b"]), "a", None)


def test_a_row_is_found_by_its_number_from_0(tmp_path: Path) -> None:
    reader = reader_of(tmp_path / "t.csv", [f"{n}" for n in range(3000)])
    assert list(row_by_number(reader, 2999, ["place"])["place"]) == [2999]
    numbered = reader.model_copy(update={"id_column": None})
    assert row_by_number(numbered, 2, ["place"]).index.tolist() == [2]
    with pytest.raises(DataError, match=r"there is no row 3000; its 3,000 rows are numbered from 0"):
        row_by_number(reader, 3000, None)
