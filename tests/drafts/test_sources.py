"""Sources: which reader reads a table, with which fields, and which files are refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mxt.datasets.survey import survey
from mxt.drafts.sources import source_of, spellings
from mxt.errors import ConfigError, DataError

TABLE = pd.DataFrame({"id": ["a", "b"], "x": [1.5, None]})


def test_a_file_is_read_by_the_reader_of_its_name(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / "t.parquet")
    TABLE.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    TABLE.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    TABLE.to_csv(tmp_path / "t.csv.gz", index=False)
    kinds = {}
    for file in sorted(tmp_path.iterdir()):
        source = source_of(str(file))
        kinds[file.name] = (source.kind, dict(source.fields), source.name)
        assert source.reader.read().x.sum() == 1.5
    assert kinds == {
        "t.csv.gz": ("CsvReader", {}, "t"),
        "t.jsonl": ("JsonlReader", {}, "t"),
        "t.parquet": ("ParquetReader", {}, "t"),
        "t.tsv": ("CsvReader", {"delimiter": "\t"}, "t"),
    }


def test_a_folder_is_read_by_the_reader_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    for part in ("a", "b"):
        (folder / f"part={part}").mkdir(parents=True)
        TABLE.to_csv(folder / f"part={part}" / "x.csv", sep=";", index=False)
    (folder / "_SUCCESS").touch()
    source = source_of(str(folder))
    assert (source.kind, dict(source.fields), source.name) == ("CsvReader", {"delimiter": ";"}, "parts")
    assert len(source.reader.read()) == 4


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("t.xlsx", b"PK", ConfigError, "a workbook is no table; save its sheet as CSV or Parquet"),
        ("t.pickle", b"x", ConfigError, r"files that end in \.pickle are no one kind of table"),
        ("t.csv", b"  \n", DataError, "the file is empty"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, name: str, content: bytes, error: type[Exception], words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words):
        source_of(str(tmp_path / name))


def test_texts_that_stand_for_a_missing_value_are_known_by_their_columns() -> None:
    table = pd.DataFrame(
        {
            "number": ["1,5", "-", " ?"],
            "text": ["a", "--", "b"],
            "empty": ["", "", ""],
            "na": ["x", "NA", "y"],
        }
    )
    assert spellings(survey(table)) == ("", " ?", "-", "NA")
