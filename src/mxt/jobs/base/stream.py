"""What jobs over long tables share: parts, who works on them, and what is kept when a job is cut off."""

from __future__ import annotations

import hashlib
import tempfile
from abc import ABC
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import uuid4

from loguru import logger
from pydantic import ByteSize, Field

from mxt.datasets.fingerprint import fingerprint_of, repeated
from mxt.datasets.parts import cut
from mxt.datasets.tables import refuse_ids, to_frame
from mxt.executors.base import Executor, Receipt
from mxt.findings import Findings
from mxt.jobs.base import ModelJob
from mxt.jobs.base.context import warn_beyond
from mxt.jobs.base.keys import keys
from mxt.kinds import OneOf
from mxt.registries.readings import suited, warn_left_out
from mxt.streams.failures import failure
from mxt.streams.plans import Plan, Planning
from mxt.streams.progress import Progress
from mxt.streams.shards import Shard, place_of
from mxt.streams.staging import Staging
from mxt.streams.tasks import TableStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa

    from mxt.datasets.writers.base import Writer
    from mxt.jobs.base.context import Context
    from mxt.models import Model
    from mxt.streams.budgets import Budget
    from mxt.streams.tasks import Table

MOST_FAILED = 8
"""Failed parts after which a job stops: what they share is not bad luck."""


class StreamJob(ModelJob, ABC):
    """A job over a table of any length: memory does not grow with its rows, and a killed job goes on."""

    executor: OneOf[Executor] = Field(default={"KIND": "SerialExecutor"}, validate_default=True)
    """Who works on the parts of the table; what comes out does not depend on it."""

    part_rows: Annotated[int, Field(ge=1)] | None = None
    """Rows of a part; as many as suit the work if left out. What comes out does not depend on it."""

    shard: Shard | None = None
    """Work on this share of the parts only, as ``2/8``; a last run without it puts the shares together."""

    fresh: bool = False
    """Whether to work on all parts again, even those that an earlier run has finished."""

    memory_limit: Annotated[ByteSize, Field(gt=0)] | None = None
    """What this process and its workers may hold together, as ``2GB``. A pilot chooses the rows of a part,
    and the number of processes if it is left out. What comes out does not depend on it."""

    libraries: ClassVar[tuple[str, ...]] = ("pyarrow.parquet",)
    """What the end of the job loads; it is loaded before memory is measured."""

    @contextmanager
    def worked(
        self,
        table: Table,
        output: Writer,
        what: str,
        budget: Budget | None = None,
        model: Model | None = None,
    ) -> Iterator[Parts]:
        """Work on the parts that no earlier run has finished, and hold all of them while the output is made.

        Args:
            table: The work.
            output: Where the table of all parts goes.
            what: What is done with the rows, as a verb.
            budget: What the work may cost, if only a sample of the rows may be worked on.
            model: What the sample is drawn by.

        Raises:
            ConfigError: The memory limit or the budget is too small.
            MxtError: Parts failed: the error of the first. What is done is kept.
        """
        table = replace(table, reader=suited(table.reader, self.context.model, table.schema))
        place, shares = self._share
        everything = self._everything(table, output)
        planning = self._planning(everything, budget, model)
        share = f"{place}-of-{shares}" if shares > 1 else ""
        settle = None if self.memory_limit is None and budget is None else planning.settle
        with everything.staging.held(share, fresh=self.fresh, settle=settle) as settled:
            plan = Plan.from_json(settled.plan) if settled.plan else Plan(table.rows)
            whole, others = self._found(settled)
            stream = replace(
                everything,
                table=plan.table(table, model),
                staging=settled,
                done=frozenset(whole),
                perhaps=others,
            )
            with stream.unchanged():
                self._work(stream, plan, whole, what)
            yield Parts(stream, [whole[number] for number in sorted(whole)], plan)
            if shares == 1:
                everything.staging.forget(everything.staging.parts())

    def _everything(self, table: Table, output: Writer) -> TableStream:
        """All the work of this share, with the folder where its parts are kept."""
        run = "" if table.reader.shows_changes else uuid4().hex
        staging = Staging(_folder(output), state=table.reader.state(), run=run, **keys(self, table))
        return TableStream(table, staging, share=self._share, packages=tuple(sorted(self.context.packages)))

    def _planning(self, stream: TableStream, budget: Budget | None, model: Model | None) -> Planning:
        return Planning(
            stream,
            self.executor,
            fixed=self.part_rows is not None,
            memory_limit=self.memory_limit,
            libraries=self.libraries,
            budget=budget,
            model=model,
        )

    def _found(self, staging: Staging) -> tuple[dict[int, dict[str, Any]], frozenset[int]]:
        """The receipts of finished parts, and which others are finished if their rows are as they were."""
        place, shares = self._share
        finished = staging.finished()
        if self.fresh:
            staging.forget(number for number in finished if number % shares == place - 1)
            finished = {}
        whole = staging.current(finished)
        if whole:
            logger.info("{} parts are finished already; the work goes on from there", len(whole))
        others = frozenset(finished) - frozenset(whole)
        if others:
            logger.info("{} finished parts count if the table still has their rows", len(others))
        return whole, others

    def _work(self, stream: TableStream, plan: Plan, whole: dict[int, dict[str, Any]], what: str) -> None:
        bad: list[Receipt] = []
        rows = sum(receipt["worked"] for receipt in whole.values())
        with Progress(self.context.run, what, plan.expected(stream.table), rows) as progress:
            for receipt in plan.executor(self.executor).run(stream):
                progress.add(receipt.facts.get("worked", receipt.rows))
                if receipt.error:
                    bad.append(receipt)
                else:
                    whole[receipt.part] = dict(receipt.facts)
                if len(bad) >= MOST_FAILED:
                    break
        if bad:
            raise failure(bad, len(whole))

    @property
    def _share(self) -> tuple[int, int]:
        return place_of(self.shard or "1/1")


@dataclass(frozen=True)
class Parts:
    """The finished parts of a table."""

    stream: TableStream
    receipts: list[dict[str, Any]]
    """In the order of the parts."""
    plan: Plan

    def tables(self) -> Iterator[pa.RecordBatch]:
        """What the task made of each part where it worked on some rows."""
        return self.stream.staging.tables(receipt for receipt in self.receipts if receipt["worked"])

    def states(self, suffix: str) -> Iterator[bytes]:
        """One of the task's states of each part that has it."""
        return filter(None, (self.stream.staging.content(receipt, suffix) for receipt in self.receipts))

    def conclude(self, context: Context) -> dict[str, Any]:
        """The locals of a job that worked on a share only."""
        self.stream.refuse_changed()
        place, shares = self.stream.share
        logger.info("share {} of {} is done; a run without shard puts all together", place, shares)
        count = len(self.receipts)
        return context.conclude(
            Findings(
                passed=True,
                answer=[f"Share {place} of {shares} is done; a run without shard puts all together."],
                facts={"shard": f"{place}/{shares}", "parts": count},
                values={"parts": self.receipts},
            )
        )

    def link(self, context: Context, role: str) -> None:
        """Tie the data read to the run, by its fingerprint; soft limits that rows exceed are logged.

        Raises:
            DataError: An id stands for several rows.
        """
        reader, names = self.stream.table.reader, self._head().schema.names
        if reader.id_column is not None:
            twice = repeated(lambda: self._digests("ids"))
            if twice:
                self.stream.staging.forget(self.stream.staging.parts())  # the table must change
            refuse_ids(0, twice, reader.id_column, reader.source)
        data = fingerprint_of(names, self._digests("rows"))
        head = to_frame([self._head()], reader.id_column).head(100)
        self.stream.refuse_changed()
        context.link(data, head, reader.source, role)
        if self.stream.table.columns is None:
            warn_left_out(reader)
        logger.info("{} has {} rows and {} columns", role, data.rows, len(names))
        beyond = sum((Counter(receipt["beyond"]) for receipt in self.receipts), Counter[str]())
        warn_beyond(beyond, data.rows, reader.source)

    def _head(self) -> pa.RecordBatch:
        return next(cut(self.stream.table.reader.arrow(self.stream.table.columns), 100))

    def _digests(self, suffix: str) -> Iterator[np.ndarray]:
        import numpy as np

        for content in self.states(suffix):
            yield np.frombuffer(content, dtype=np.uint8).reshape(-1, 32)


def _folder(output: Writer) -> Path:
    """Where the parts of an output are kept: beside a local file, else in the temporary folder."""
    if output.local is not None:
        return Path(f"{output.local}.parts")
    name = hashlib.sha256(output.target.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mxt-{name}.parts"
