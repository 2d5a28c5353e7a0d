"""Plans: what a pilot settles before the first part of a table, for all runs and shares that work on it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.tables import to_frame
from mxt.errors import ConfigError
from mxt.executors.processes import ProcessesExecutor
from mxt.jobs.budgets import FEWEST_ROWS, Sample, Sampling, edges
from mxt.jobs.memory import fit
from mxt.jobs.pilot import Pilot, costs, first_rows, line
from mxt.jobs.tasks import TableStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.executors.base import Executor
    from mxt.jobs.budgets import Budget
    from mxt.jobs.tasks import Table
    from mxt.models import Model

EDGE_ROWS = 2000
"""Rows whose predictions tell where the bands of a sample meet."""

MOST_ROWS = 65_536
"""Rows of the largest part of which a sample is explained."""

PILOT_SECONDS = 5.0
"""What a pilot may take to tell the cost of a row, but no more than `PILOT_SHARE` of the budget."""

PILOT_SHARE = 0.1


@dataclass(frozen=True)
class Plan:
    """How a table is worked on."""

    rows: int
    """Rows of a part."""
    processes: int | None = None
    """How many processes fit into memory, if that is limited."""
    sample: Sample | None = None
    """The rows explained, if not all."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, content: str) -> Plan:
        """The plan of `to_json`."""
        told = json.loads(content)
        sample = told.pop("sample")
        return cls(**told, sample=None if sample is None else Sample(**sample))

    def executor(self, executor: Executor) -> Executor:
        """The executor, with no more processes than fit into memory."""
        if self.processes is None or not isinstance(executor, ProcessesExecutor):
            return executor
        return executor.model_copy(update={"processes": min(self.processes, executor.workers)})

    def table(self, table: Table, model: Model | None) -> Table:
        """The table with the parts and the sample of the plan."""
        if self.sample is None or model is None:
            return replace(table, rows=self.rows)
        return replace(table, rows=self.rows, task=Sampling(model, table.task, self.sample))

    def expected(self, table: Table) -> int | None:
        """How many rows are worked on, if it is known."""
        return table.reader.known_rows() if self.sample is None else self.sample.expected


@dataclass(frozen=True)
class Planning:
    """What a plan is made of."""

    stream: TableStream
    """All the work, in parts of the size that suits it."""
    executor: Executor
    fixed: bool
    """Whether parts must have the size that they have."""
    memory_limit: int | None = None
    libraries: Sequence[str] = ()
    """What the end of the job loads."""
    budget: Budget | None = None
    model: Model | None = None
    """What a budget samples by."""

    def settle(self) -> str:
        """The plan as text, by what a pilot takes.

        Raises:
            ConfigError: The limit or the budget is too small.
            DataError: The first rows are wrong.
        """
        return self._plan().to_json()

    def _plan(self) -> Plan:
        table, plan = self.stream.table, Plan(self.stream.table.rows)
        if self.memory_limit is not None:
            found = fit(self.stream, self.executor, self.memory_limit, self.libraries, fixed=self.fixed)
            plan = Plan(found.rows, found.processes)
        if self.budget is None or self.model is None:
            return plan
        sample = self._sample(plan, self.budget, self.model)
        if sample is None:
            return plan
        if not self.fixed and self.memory_limit is None:  # so that parts cost about what they did
            plan = replace(plan, rows=max(table.rows, min(MOST_ROWS, round(table.rows / sample.rate))))
        return replace(plan, sample=sample)

    def _sample(self, plan: Plan, budget: Budget, model: Model) -> Sample | None:
        """The rows that the budget covers; None if it covers all."""
        begun = time.monotonic()
        table = self.stream.table
        head = to_frame([first_rows(table, EDGE_ROWS)], table.reader.id_column)
        inputs = head if table.schema is None else table.schema.check(head, table.reader.source)
        known = table.reader.rows()
        whole = Sample(1.0, known, budget.seed, edges(model.predictor, model.predict(inputs)), "")
        if budget.rows is not None:
            rows, why = float(budget.rows), f"the budget is {budget.rows} rows"
        else:
            seconds = budget.seconds or 0.0
            rows, why = self._covered(plan, whole, seconds, begun)
        if rows >= known:
            logger.info("the budget covers all {} rows", known)
            return None
        logger.info("about {:.0f} of {} rows are explained, since {}", rows, known, why)
        return replace(whole, rate=rows / known, why=why)

    def _covered(self, plan: Plan, whole: Sample, seconds: float, begun: float) -> tuple[float, str]:
        """How many rows can be explained in the seconds left, and why."""
        executor, known = plan.executor(self.executor), whole.rows
        work, idle = (
            replace(self.stream, table=replace(plan, sample=sample).table(self.stream.table, self.model))
            for sample in (whole, replace(whole, rate=0.0))
        )
        most = min(PILOT_SECONDS, PILOT_SHARE * seconds)
        found = costs(executor, Pilot(work, most, idle, copies=executor.workers))
        part, explained = line(found, lambda cost: cost.seconds)
        _, each = line(found, lambda cost: cost.idle_seconds)
        more = max(explained - each, 1e-9)
        spent, workers = time.monotonic() - begun, executor.workers * self.stream.share[1]
        others = (known * each + known / self.stream.table.rows * part) / workers
        rows, least = (seconds - spent - others) * workers / more, min(known, FEWEST_ROWS)
        if rows < least:
            enough = spent + others + least * more / workers
            msg = (
                f"budget: {seconds:g} s are not enough to explain {least} of {known} rows. The pilot took "
                f"{spent:.1f} s, predicting all rows takes {others:.1f} s, and explaining "
                f"takes {more / workers:.2g} s a row; give at least {enough:.0f} seconds."
            )
            raise ConfigError(msg)
        return rows, f"the budget of {seconds:g} s covers {more / workers:.2g} s a row"
