"""Readers read as the training of a version did, and columns as texts that schemas declare so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.registries.readings import READING_TAG, digest_before, reading_of, suited, warn_left_out
from mxt.registries.versions import TRAINING_DATA_TAG, Pinned
from mxt.schemas import InputsSchema

if TYPE_CHECKING:
    from pathlib import Path


def pinned(**tags: str) -> Pinned:
    return Pinned("churn", 1, "", "", tags)


@pytest.mark.parametrize(
    ("version", "reading"),
    [
        (None, "exact"),
        (pinned(), "exact"),
        (pinned(**{TRAINING_DATA_TAG: "d"}), "inferred"),
        (pinned(**{TRAINING_DATA_TAG: "d", READING_TAG: "exact"}), "exact"),
        (pinned(**{READING_TAG: "inferred"}), "inferred"),
    ],
)
def test_a_version_of_a_release_without_readings_inferred_types(version: Pinned | None, reading: str) -> None:
    assert reading_of(version) == reading


@pytest.fixture
def reader(tmp_path: Path) -> CsvReader:
    """A table whose ids and codes are digits with leading zeros."""
    table = pd.DataFrame({"id": ["01", "02"], "code": ["007", "010"], "tenure": [1, 2]})
    table.to_csv(tmp_path / "table.csv", index=False)
    return CsvReader(path=str(tmp_path / "table.csv"), id_column="id")


def test_codes_are_texts_where_a_schema_declares_texts(reader: CsvReader) -> None:
    texts = InputsSchema.infer(pd.DataFrame({"code": ["007"], "tenure": [1]}))
    assert list(suited(reader, None, texts).read()["code"]) == ["007", "010"]
    numbers = InputsSchema.infer(pd.DataFrame({"code": [7], "tenure": [1]}))
    assert list(suited(reader, None, numbers).read()["code"]) == [7, 10]
    assert list(suited(reader, None, None, numbers, texts).read()["code"]) == ["007", "010"]


def test_a_reading_of_the_config_wins(reader: CsvReader) -> None:
    exact = reader.model_copy(update={"reading": "exact"})
    assert suited(exact, pinned(**{TRAINING_DATA_TAG: "d"})).reading == "exact"
    assert suited(reader, pinned(**{TRAINING_DATA_TAG: "d"})).reading == "inferred"


def test_the_digest_of_before_is_that_of_inferred_types_if_it_differs(reader: CsvReader) -> None:
    inferred = reader.model_copy(update={"reading": "inferred"})
    assert digest_before(reader, suited(reader, None)) == fingerprint(inferred.arrow()).digest
    assert digest_before(reader, inferred) == ""


def test_columns_that_pandas_left_out_are_warned_of(tmp_path: Path, warned: list[str]) -> None:
    table = pd.DataFrame({"id": ["a", "b"], "tenure": [1, 2]}, index=[1, 0])
    table.to_parquet(tmp_path / "table.parquet")
    reader = ParquetReader(path=str(tmp_path / "table.parquet"), id_column="id")
    warn_left_out(reader.model_copy(update={"columns": ("tenure",)}))
    assert warned == []
    warn_left_out(reader)
    assert "['__index_level_0__'] were left out" in warned[0]
