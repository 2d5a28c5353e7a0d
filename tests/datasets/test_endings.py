"""The ending of a file decides its reader."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mxt.datasets.endings import reader_of_file
from mxt.errors import DataError

TABLE = pd.DataFrame({"id": ["01", "02"], "size": [1.5, 2.5]})


def written(folder: Path, name: str) -> str:
    """A file of the table, in the format that its name says."""
    path = folder / name
    match path.name.split(".")[1].lower():
        case "parquet" | "pq":
            TABLE.to_parquet(path)
        case "jsonl" | "ndjson":
            TABLE.to_json(path, orient="records", lines=True)
        case "tsv":
            TABLE.to_csv(path, index=False, sep="\t")
        case _:
            TABLE.to_csv(path, index=False)
    return str(path)


NAMES = ["t.csv", "T.CSV", "t.csv.gz", "t.tsv", "t.parquet", "t.pq", "t.jsonl", "t.ndjson"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_by_its_ending(name: str, tmp_path: Path) -> None:
    reader = reader_of_file(written(tmp_path, name))
    assert list(reader.read()["size"]) == [1.5, 2.5]
    assert reader.model_fields_set - {"KIND"} <= {"path", "delimiter"}


def test_a_folder_is_read_by_the_ending_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    written(tmp_path / "parts", "a.parquet")
    written(tmp_path / "parts", "b.parquet")
    assert len(reader_of_file(str(tmp_path / "parts")).read()) == 4


def test_a_relative_path_starts_at_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "t.csv")
    monkeypatch.chdir(tmp_path)
    assert reader_of_file("t.csv").source == str(tmp_path / "t.csv")


@pytest.mark.parametrize(("name", "why"), [("no.csv", "no such file"), ("t.xlsx", "the ending .xlsx; its")])
def test_other_paths_are_refused(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").touch()
    with pytest.raises(DataError, match=why):
        reader_of_file(str(tmp_path / name))
