"""What a package from outside adds to a family passes the family's contract suite as it stands."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from conftest import REPOSITORY, clean_environment
from packages import installed

if TYPE_CHECKING:
    from pathlib import Path

READER = """
from typing import Literal

import pyarrow as pa

from mxt.datasets.conditions import expression
from mxt.datasets.readers.base import Reader

HOURS = [8, 10, 12, 14, 16, 17, 16, 15, 13, 11, 9, 8]
SEASONS = ["winter", "spring", "summer", "autumn"]


class DuskReader(Reader):
    \"""Reads how long the days of each month are.

    Example:
        {KIND: DuskReader, id_column: month}
    \"""

    KIND: Literal["DuskReader"] = "DuskReader"

    @property
    def source(self):
        return "the almanac"

    def names(self):
        return ["month", "hours", "season"]

    def count(self):
        return self.table().num_rows

    def scan(self, columns):
        yield from self.table().select(columns).to_batches()

    def table(self):
        months = [f"month {number:02}" for number in range(1, 13)]
        seasons = [SEASONS[number % 12 // 3] for number in range(1, 13)]
        table = pa.table({"month": months, "hours": HOURS, "season": seasons})
        chosen = expression(self.filters)
        return table if chosen is None else table.filter(chosen)
"""


def test_a_reader_without_a_writer_passes_the_suite_of_readers(tmp_path: Path) -> None:
    suite = str(REPOSITORY / "tests" / "contracts" / "test_readers.py")
    words = ["-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", suite, "-k", "DuskReader"]
    environment = clean_environment(installed(tmp_path, {"dusk": READER}))
    ended = subprocess.run(
        [sys.executable, *words], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count(".") >= 18
