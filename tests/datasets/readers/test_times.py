"""CSV with times in formats of their own, read as the plain file is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.stores import CANARY
from mxt.datasets.conditions import Sample
from mxt.datasets.csv_files import BLOCK_BYTES
from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.marks import Mark
from mxt.datasets.readers.base.remembered import recalled, remembered
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 300
DAY = ("%d.%m.%Y",)


def read(path: Path, content: str | bytes, **options: Any) -> pd.DataFrame:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvReader(**{"path": str(path), "time_formats": DAY, **options}).read()


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[CsvReader, CsvReader]:
    """A table with days as ISO 8601 writes them, and as a German spreadsheet does."""
    chance, folder = np.random.default_rng(0), tmp_path_factory.mktemp("times")
    days = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(chance.integers(0, 2000, ROWS), unit="D"))
    table = pd.DataFrame(
        {"id": [f"{row:05d}" for row in range(ROWS)], "amount": np.round(1e4 * chance.random(ROWS), 2)}
    )
    table["day"] = days.where(chance.random(ROWS) > 0.1)
    table.to_csv(folder / "plain.csv", index=False)
    table["amount"] = [f"{cell:,}".translate(str.maketrans(",.", ".,")) for cell in table["amount"]]
    table["day"] = table["day"].dt.strftime("%d.%m.%Y").fillna("?")
    table.to_csv(folder / "german.csv", index=False, sep=";", encoding="cp1252")
    signs = {"delimiter": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252", "missing": ("", "?")}
    german = CsvReader(path=str(folder / "german.csv"), id_column="id", time_formats=DAY, **signs)  # type: ignore[arg-type] # fields of several types
    return CsvReader(path=str(folder / "plain.csv"), id_column="id"), german


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reading": "inferred"},
        {"limit": 7, "filters": (("amount", ">", 1000),)},
        {"sample": Sample(rows=20, seed=3), "filters": (("day", ">=", "2022-01-31"),)},
        {"filters": (("day", "<", "2021-01-31"), ("day", "!=", "2020-03-01"))},
        {"filters": (("day", "not in", ("2020-01-02",)),), "columns": ("amount",)},
        {"types": {"day": "timestamp[us]"}},
    ],
)
def test_a_table_is_the_same_with_its_days_in_another_format(
    options: dict[str, Any], readers: tuple[CsvReader, CsvReader]
) -> None:
    plain, german = (reader.model_copy(update=options) for reader in readers)
    pd.testing.assert_frame_equal(german.read(), plain.read())
    assert german.rows() == plain.rows() == len(plain.read())
    pd.testing.assert_frame_equal(pd.concat(german.batches()), plain.read())


def test_marks_and_fingerprints_are_those_of_the_plain_table(readers: tuple[CsvReader, CsvReader]) -> None:
    plain, german = readers
    mark = Mark("day", "time", "2023-01-31 00:00:00.000000")
    assert len(plain.since(mark).read())
    pd.testing.assert_frame_equal(german.since(mark).read(), plain.since(mark).read())
    assert fingerprint(german.arrow()) == fingerprint(plain.arrow())
    assert german.declared(["day"]) == {"day": pa.timestamp("us")}


@pytest.mark.parametrize(
    ("content", "options", "kind"),
    [
        ("a\n01.02.2024\n31.12.2025\n", {}, "datetime64[us]"),
        ("a\n01.02.2024\n2025-12-31\n", {}, "datetime64[us]"),
        ("a\n2024-02-01\n2025-12-31\n", {}, "datetime64[us]"),
        ('a,b\n"01.02.2024",1\n"31.12.2025",2\n', {}, "datetime64[us]"),
        ("a\n01.02.2024\nx\n", {}, "str"),
        ("a\n01.02.2024\n31.02.2024\n", {}, "str"),
        ("a\n01.02.2024\n01.02.24\n", {}, "str"),
        ("a\n01.02.2024\n01.02.24\n", {"time_formats": ("%d.%m.%Y", "%d.%m.%y")}, "datetime64[us]"),
        ("a\n01.02.2024\n", {"types": {"a": "string"}}, "str"),
        ("a\n01.02.2024\n", {"thousands": ","}, "datetime64[us]"),
        ("a\n20240201\n", {"time_formats": ("%Y%m%d",)}, "int64"),
        ("a\n20240201\n", {"time_formats": ("%Y%m%d",), "types": {"a": "timestamp[us]"}}, "datetime64[us]"),
    ],
)
def test_a_column_is_one_of_times_if_all_its_cells_are(
    content: str, options: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    assert str(read(tmp_path / "t.csv", content, **options)["a"].dtype) == kind


def test_an_id_stays_the_text_that_it_is(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "a,b\n01.02.2024,1\n", id_column="a").index.tolist() == ["01.02.2024"]


def test_the_type_of_a_column_comes_from_the_first_file_with_cells(tmp_path: Path) -> None:
    for name, cell in {"a": "", "b": "31.12.2025", "c": "2024-01-01"}.items():
        (tmp_path / f"{name}.csv").write_text(f"day,x\n{cell},1\n")
    folder = CsvReader(path=str(tmp_path), time_formats=DAY)
    days = [pd.NaT, pd.Timestamp("2025-12-31"), pd.Timestamp("2024-01-01")]
    assert folder.read()["day"].tolist() == days
    (tmp_path / "d.csv").write_text(f"day,x\n{CANARY},1\n")
    with pytest.raises(
        DataError, match=r"d\.csv: column 'day' is a time in rows before it, but 1 cell"
    ) as caught:
        folder.read()
    assert CANARY not in str(caught.value)


def test_a_day_of_a_later_block_that_is_none_is_described_without_it(tmp_path: Path) -> None:
    line = f"{'x' * 10_000},01.02.2024\n"
    content = "a,day\n" + line * (BLOCK_BYTES // len(line) + 10) + "x,31.02.2024\n"
    with pytest.raises(DataError, match=r"or a day that its month does not have: '99\.99\.9999'-like"):
        read(tmp_path / "t.csv", content, columns=("day",))


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        (["day"], "has no directive"),
        (["%d.%m.%Y %Q"], "has '%Q'"),
        (["%d/%m/%Y", "%m/%d/%Y"], "may fit both"),
    ],
)
def test_formats_that_cannot_be_meant_are_refused(formats: list[str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(CsvReader).validate_json(json.dumps({"path": "t.csv", "time_formats": formats}))


def test_a_version_remembers_the_formats_and_other_configs_stay_as_they_were() -> None:
    reader = CsvReader(path="t.csv", time_formats=DAY)
    assert recalled(CsvReader(path="u.csv"), remembered(reader))["time_formats"] == DAY
    assert "time_formats" not in CsvReader(path="t.csv").model_dump()


def test_where_a_model_has_times_the_other_texts_of_a_column_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("day,text,amount\n01.02.2024,01.02.2024,x\n31.02.2024,x,1\n,,2\n")
    reader = CsvReader(path=str(tmp_path / "t.csv"), time_formats=DAY)
    suited = reader.suited({"text"}, {"day", "amount"}).read()
    assert suited["day"].fillna("").tolist() == ["2024-02-01 00:00:00", "31.02.2024", ""]
    assert suited["text"].fillna("").tolist() == ["01.02.2024", "x", ""]
    assert suited["amount"].tolist() == ["x", "1", "2"]
    assert reader.read()["day"].fillna("").tolist() == ["01.02.2024", "31.02.2024", ""]
