"""Writes one version of a table after the other, or adds them, until it is killed; a script for test_kill.

For each line of standard input a child is forked, which starts fast since all is imported, and its
process id is printed; a second line follows once the child is dead.
"""

from __future__ import annotations

import os
import sys
from itertools import count

import fsspec.implementations.local  # noqa: F401 - loaded before the forks
import pandas as pd
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet  # noqa: F401 - loaded before the forks
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the forks

from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance, Writer
from mxt.kinds import members

ROWS, PARTS = 4000, 8


def version(number: int) -> pd.DataFrame:
    """A table whose every row tells its version."""
    index = pd.RangeIndex(ROWS, name="id")
    return pd.DataFrame({"version": number, "part": ["x", "y"] * (ROWS // 2)}, index=index)


def write_for_ever(writer: Writer, first: int) -> None:
    """Write versions from `first` on."""
    for number in count(first):
        size = ROWS // PARTS
        writer.write(version(number).iloc[start : start + size] for start in range(0, ROWS, size))


def add_for_ever(writer: Writer, first: int) -> None:
    """Add an eighth of a version after the other; the provenance tells how many there are."""
    size = ROWS // PARTS
    for number in count(first):
        present = writer.provenance()
        assert present is not None
        table = version(number).head(size)
        batches = (to_batch(table.iloc[start : start + 100]) for start in range(0, size, 100))
        added = int(present.facts["added"]) + 1
        writer.add_arrow(batches, Provenance({"added": str(added)}), present)


def main(kind: str, place: str, verb: str) -> None:
    """Fork a writer for each line read."""
    work = {"write": write_for_ever, "add": add_for_ever}[verb]
    writer = members(Writer)[kind].model_validate_json(place)
    for turn, _ in enumerate(sys.stdin, start=1):
        child = os.fork()
        if not child:
            work(writer, turn * 1_000_000)
        print(child, flush=True)  # noqa: T201 - the answer to the test
        os.waitpid(child, 0)
        print("dead", flush=True)  # noqa: T201 - the answer to the test


if __name__ == "__main__":
    main(*sys.argv[1:])
