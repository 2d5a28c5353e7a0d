"""CSV files as MXT writes them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pandas as pd

from contracts.stores import every_type
from datasets.writers.grown import FACTS
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.csv import CsvWriter

if TYPE_CHECKING:
    from pathlib import Path


def test_texts_are_quoted_and_numbers_are_not(tmp_path: Path) -> None:
    """RFC 4180, section 2: a quote within quotes is doubled; a missing cell is empty."""
    table = pd.DataFrame(
        {"x": [1.5, None], "text": ['say "hi"', None]}, index=pd.Index(["007", "a,b"], name="id")
    )
    CsvWriter(path=str(tmp_path / "table.csv")).write(table)
    lines = ['"id","x","text"', '"007",1.5,"say ""hi"""', '"a,b",,', ""]
    assert (tmp_path / "table.csv").read_text() == "\n".join(lines)


def test_provenance_of_formats_without_metadata_lies_beside_the_file(tmp_path: Path) -> None:
    CsvWriter(path=str(tmp_path / "table.csv")).write(every_type(9), Provenance(FACTS))
    told = json.loads((tmp_path / "table.csv-metadata.json").read_text())
    assert FACTS.items() <= told.items()
    assert told["sha256"] == hashlib.sha256((tmp_path / "table.csv").read_bytes()).hexdigest()
