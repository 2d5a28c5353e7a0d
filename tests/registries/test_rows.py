"""Rows that a certificate is bound to are read again, on any machine, and have the same digest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.errors import DataError
from mxt.registries.rows import CertifiedRows, digest_of, reader_of

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.registries.rows import RowsContent


@pytest.fixture
def reader(tmp_path: Path) -> CsvReader:
    table = pd.DataFrame({"id": [f"c{row}" for row in range(20)], "tenure": range(20), "left": [0, 1] * 10})
    table.to_csv(tmp_path / "table.csv", index=False)
    return CsvReader(path=str(tmp_path / "table.csv"), id_column="id", reading="exact")


def parts(reader: CsvReader) -> tuple[CertifiedRows, CertifiedRows]:
    """The whole table, and the part of it that a splitter holds out."""
    whole = CertifiedRows(fingerprint(reader.arrow()).digest, reader)
    splitter = HoldoutSplitter(test_share=0.25)
    held_out = splitter.split(reader.read(), "left").test
    return whole, CertifiedRows.part(reader, held_out, splitter, "left")


def test_rows_have_the_same_digest_until_one_of_them_changes(reader: CsvReader, tmp_path: Path) -> None:
    whole, part = parts(reader)
    assert (whole.now(), part.now()) == (whole.digest, part.digest)
    assert part.digest == digest_of(HoldoutSplitter(test_share=0.25).split(reader.read(), "left").test)
    assert whole.digest != part.digest
    path = tmp_path / "table.csv"
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text(head + "".join(reversed(rows)))
    assert whole.now() == whole.digest, "the order of rows does not count"
    path.write_text(head + "".join(rows).replace("c3,3,", "c3,4,"))
    assert whole.now() != whole.digest
    path.unlink()
    with pytest.raises(DataError):
        whole.now()


def test_a_certificate_holds_paths_below_the_root_and_another_machine_reads_its_own(
    reader: CsvReader, tmp_path: Path
) -> None:
    for rows in parts(reader):
        content = rows.to_content(str(tmp_path))
        assert content["reader"]["path"] == "table.csv"
        assert CertifiedRows.from_content(content, str(tmp_path)) == rows
        elsewhere = CertifiedRows.from_content(content, "/elsewhere").reader
        assert elsewhere.source == "/elsewhere/table.csv"
        assert rows.to_content("")["reader"]["path"] == str(tmp_path / "table.csv")


def test_a_certificate_of_before_readings_inferred_types(reader: CsvReader, tmp_path: Path) -> None:
    content = parts(reader)[0].to_content(str(tmp_path))
    del content["reader"]["reading"]
    assert CertifiedRows.from_content(content, str(tmp_path)).reader.reading == "inferred"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"KIND": "PaperReader"}, r"MXT has no reader 'PaperReader' here; it has .*CsvReader"),
        ({"KIND": 3}, "MXT has no reader '3' here"),
        ({"path": 3}, "The CsvReader that read the rows does not fit this version of MXT"),
    ],
)
def test_a_reader_that_does_not_exist_here_is_refused(
    reader: CsvReader, change: dict[str, object], message: str
) -> None:
    content = json.loads(reader.model_dump_json()) | change
    with pytest.raises(DataError, match=message):
        reader_of(content, "")


def test_a_splitter_that_does_not_exist_here_is_refused(reader: CsvReader) -> None:
    content: RowsContent = parts(reader)[1].to_content("")
    content["splitter"] = {"KIND": "CoinSplitter"}
    with pytest.raises(DataError, match="MXT has no splitter 'CoinSplitter' here"):
        CertifiedRows.from_content(content, "")
