"""Work of a known cost on tables of random numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mxt.datasets.readers.parquet import ParquetReader
from mxt.streams.staging import Staging
from mxt.streams.tasks import Done, TableStream, Task, Workload

if TYPE_CHECKING:
    from pathlib import Path

LOADING, PART, ROW, IDLE_ROW = 1.0, 0.1, 0.02, 0.0001
"""Seconds."""


@dataclass(frozen=True)
class Slow(Task):
    """Work of a known cost, which takes longer the first time."""

    row: float
    loaded: list[bool] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    """The rows of each part that was worked on."""

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one table is enough
        if not self.loaded:
            self.loaded.append(True)
            time.sleep(LOADING)
        self.steps.append(len(inputs))
        time.sleep(PART + self.row * len(inputs))
        return Done(inputs)


def stream(folder: Path, task: Task, rows: int, part_rows: int) -> TableStream:
    """Work on a table of random numbers in three columns."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(rows, 3)), columns=[*"abc"])
    table.to_parquet(folder / "x.parquet")
    reader = ParquetReader(path=str(folder / "x.parquet"))
    return TableStream(
        Workload(reader, None, task, part_rows), Staging(folder / "out.parts", "key", reader.state())
    )
