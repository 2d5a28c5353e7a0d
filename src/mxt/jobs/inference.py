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
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.rejecting import RejectingJob
from mxt.kinds import OneOf
from mxt.streams.tasks import Done, Task, Workload

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Writer
    from mxt.models import Model
    from mxt.registries.served import Served

PART_ROWS = 65_536


class InferenceJob(RejectingJob):
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
        return self.tolerant(self.inputs)

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
        head = self.first_rows(served, increment.reader)
        schema, admission = self.admission(served, head)
        workload = Workload(
            increment.reader,
            schema,
            Scoring(served.model),
            self.part_rows or PART_ROWS,
            watermark=self.watermark,
            admission=admission,
        )
        with self.worked(workload, self.outputs, "score") as parts:
            if self.shard is not None:
                return self.conclude_share(parts)
            self.link(parts, "inputs")
            left_out = self.left_out(parts, increment)
            rows = context.linked.rows - parts.rejected_rows
            scored = Findings(
                passed=True,
                answer=[f"{served.pinned} scored {count(rows, 'row')} of {increment.reader.source}."],
                next=[command(self, "ExplanationsJob", alias_or_version=served.pinned.version)],
                values={"rows": rows, "version": served.pinned},
            )
            # Last, since rows that it holds are not worked on again.
            last = Findings(outputs=[self.written(parts, increment, "outputs")])
            return context.conclude(scored | left_out | last)


@dataclass(frozen=True)
class Scoring(Task):
    """Predict the rows."""

    model: Model

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - the inputs are enough
        return Done(self.model.predict(inputs))
