"""Jobs over tables of any length, whose work on each part is kept when a run is cut off."""

from __future__ import annotations

import hashlib
import tempfile
from abc import ABC
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import uuid4

from loguru import logger
from pydantic import AfterValidator, ByteSize, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mxt.executors.base import Executor
from mxt.findings import Findings
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.context import warn_beyond
from mxt.jobs.base.inheriting import read_as_trained
from mxt.kinds import OneOf
from mxt.pages.surveys import described
from mxt.registries.readings import suited, warn_left_out
from mxt.streams.keys import Origin
from mxt.streams.plans import Bounds
from mxt.streams.shards import Shard, place_of
from mxt.streams.staging import Staging
from mxt.streams.tasks import TableStream
from mxt.streams.work import worked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.datasets.writers.base import Writer
    from mxt.findings import Fact
    from mxt.models import Model
    from mxt.streams.budgets import Budget
    from mxt.streams.parts import Parts
    from mxt.streams.tasks import Workload


def _some(size: ByteSize) -> ByteSize:
    if not size:
        kind, msg = "greater_than", "Input should be greater than 0"
        raise PydanticCustomError(kind, msg)
    return size


_SIZES = {
    "anyOf": [
        {"pattern": r"^\s*(\d*\.?\d+)\s*(\w+)?", "type": "string"},
        {"exclusiveMinimum": 0, "type": "integer"},
    ]
}
Memory = Annotated[ByteSize, AfterValidator(_some), WithJsonSchema(_SIZES)]
"""A size above 0, as a number of bytes or as ``2GB``."""


class StreamJob(ModelJob, ABC):
    """A job over a table of any length: memory does not grow with its rows, and a killed job goes on."""

    executor: OneOf[Executor] = Field(default={"KIND": "SerialExecutor"}, validate_default=True)
    """Who works on the parts of the table; the outputs do not depend on it."""

    part_rows: Annotated[int, Field(ge=1)] | None = None
    """Rows of a part; as many as suit the work if left out. The outputs do not depend on it."""

    shard: Shard | None = None
    """Work on this share of the parts only, as ``2/8``; a last run without it puts the shares together."""

    fresh: bool = False
    """Whether to work on all parts again, even on parts that an earlier run has finished."""

    memory_limit: Memory | None = None
    """How much memory this process and its workers may hold together, as ``2GB``. A pilot chooses the rows of
    a part, and the number of processes if it is left out. The outputs do not depend on it."""

    libraries: ClassVar[tuple[str, ...]] = ("pyarrow.parquet",)
    """Modules that the end of the job needs; they are imported before memory is measured."""

    @contextmanager
    def worked(
        self,
        workload: Workload,
        output: Writer,
        what: str,
        budget: Budget | None = None,
        model: Model | None = None,
    ) -> Iterator[Parts]:
        """Work on the parts that no earlier run has finished, and hold all of them while the output is made.

        Args:
            workload: The table, and what is done with it.
            output: Where the table of all parts goes.
            what: What is done with the rows, as a verb.
            budget: What the work may cost, if it may take a sample of the rows.
            model: The model whose predictions stratify the sample.

        Raises:
            ConfigError: The memory limit or the budget is too small.
            MxtError: Parts failed: the error of the first. The finished parts are kept.
        """
        context, fixed = self.context, self.part_rows is not None
        known = read_as_trained(context, workload.reader, "the table")
        workload = replace(workload, reader=suited(known, context.model, workload.schema))
        packages = tuple(sorted(context.packages))
        share = place_of(self.shard or "1/1")
        stream = TableStream(workload, self._staging(workload, output), share=share, packages=packages)
        bounds = Bounds(fixed, self.memory_limit, self.libraries, budget, model)
        with worked(stream, self.executor, bounds, context.run, what, fresh=self.fresh) as parts:
            yield parts

    def link(self, parts: Parts, role: str) -> None:
        """Tie the table that was read to the run, by its fingerprint; log how many rows exceed soft limits.

        Raises:
            DataError: Several rows have the same id, or the table has changed.
        """
        workload, table = parts.stream.workload, parts.table_read()
        reader, rows = workload.reader, table.data.rows
        self.context.link(table.data, table.head, reader.source, role)
        if workload.columns is None:
            warn_left_out(reader)
        columns = table.columns - (reader.id_column is not None)
        # The first rows of a table that is no sample are described before the work.
        what = "" if reader.sample is None else f": {described(table.head, rows)}"
        logger.info("{} has {} rows and {} columns{}", role, rows, columns, what)
        warn_beyond(table.beyond, rows, reader.source)

    def conclude_share(self, parts: Parts) -> Locals:
        """The locals of a job that worked on a share only."""
        parts.stream.refuse_changed()
        place, shares = parts.stream.share
        answer = f"Share {place} of {shares} is done; a run without shard puts all together."
        facts: dict[str, Fact] = {"shard": f"{place}/{shares}", "parts": len(parts.receipts)}
        logger.info(answer)
        return self.context.conclude(
            Findings(passed=True, answer=[answer], facts=facts, values={"parts": parts.receipts})
        )

    def _staging(self, workload: Workload, output: Writer) -> Staging:
        """The folder where the parts of the output are kept."""
        context, reader, limit = self.context, workload.reader, self.memory_limit
        memory = None if limit is None else (limit, self.executor.model_dump_json())
        uri = context.model.uri if context.model else ""
        origin = Origin(context.config_digest, uri, frozenset(context.packages), memory, context.inherited)
        run = "" if reader.shows_changes else uuid4().hex
        return Staging(folder(output), state=reader.state(), run=run, **origin.keys(workload))


def folder(output: Writer) -> Path:
    """Where the parts of an output are kept: beside a local file, else in the temporary folder."""
    if output.local is not None:
        return Path(f"{output.local}.parts")
    name = hashlib.sha256(output.target.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mxt-{name}.parts"
