"""Inference: a model's predictions for the rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mxt.datasets.readers.base import Reader
from mxt.datasets.writers.base import Writer
from mxt.findings import Findings
from mxt.findings.words import count
from mxt.jobs.base import Locals
from mxt.jobs.base.commands import command
from mxt.jobs.base.increment import IncrementalJob
from mxt.jobs.base.inheriting import inheriting
from mxt.kinds import OneOf
from mxt.streams.tasks import Done, Task, Workload

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Writer
    from mxt.models import Model
    from mxt.registries.served import Served

PART_ROWS = 65_536


class InferenceJob(IncrementalJob):
    """Scores a table part by part; memory does not grow with its rows.

    Example:
        KIND: InferenceJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        outputs: {KIND: ParquetWriter, path: outputs/predictions.parquet}
    """

    KIND: Literal["InferenceJob"] = "InferenceJob"

    inputs: OneOf[Reader]
    """The rows to score."""

    outputs: OneOf[Writer]
    """Where predictions go: a row with the id for each row scored."""

    @property
    def reader(self) -> Reader:
        return self.inputs

    @property
    def output(self) -> Writer:
        return self.outputs

    def run(self) -> Locals:
        served = self.serve()
        return inheriting(self).score(served)

    def score(self, served: Served) -> Locals:
        """Score the table by a version; the job's readers read as they are."""
        context = self.context
        increment = self.increment(served.pinned)
        if increment.nothing_new:
            return self.skip()
        task, part_rows = Scoring(served.model), self.part_rows or PART_ROWS
        workload = Workload(increment.reader, served.schema, task, part_rows, watermark=self.watermark)
        with self.worked(workload, self.outputs, "score") as parts:
            if self.shard is not None:
                return self.conclude_share(parts)
            self.link(parts, "inputs")
            rows = context.linked.rows
            return context.conclude(
                Findings(
                    passed=True,
                    answer=[f"{served.pinned} scored {count(rows, 'row')} of {increment.reader.source}."],
                    next=[command(self, "ExplanationsJob", alias_or_version=served.pinned.version)],
                    outputs=[self.written(parts, increment, "outputs")],
                    values={"rows": rows, "version": served.pinned},
                )
            )


@dataclass(frozen=True)
class Scoring(Task):
    """Predict the rows."""

    model: Model

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - the inputs are enough
        return Done(self.model.predict(inputs))
