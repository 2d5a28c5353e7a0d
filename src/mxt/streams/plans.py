"""Plans: what a pilot settles before the first part of a table, for all runs and shares that work on it."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.tables import to_frame
from mxt.errors import ConfigError
from mxt.executors.processes import ProcessesExecutor
from mxt.executors.serial import SerialExecutor
from mxt.streams.budgets import FEWEST_ROWS, Sample, Sampling, edges, most_rows
from mxt.streams.memory import fit
from mxt.streams.pilot import Pilot, costs, first_rows, line, times
from mxt.streams.tasks import TableStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.executors.base import Executor
    from mxt.models import Model
    from mxt.streams.budgets import Budget
    from mxt.streams.tasks import Table

EDGE_ROWS = 2000
"""Rows whose predictions tell where the bands of a sample meet."""

PARTS_A_WORKER = 4
"""Parts that each worker gets where they are lengthened, so that all end at about the same time."""

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
class Bill:
    """What it takes to predict all rows of a table and to explain some of them."""

    before: float
    """Seconds gone before the first part."""
    part: float
    """Seconds that a part takes by itself."""
    predicted: float
    """Seconds that a row takes."""
    explained: float
    """Seconds that a row takes more if it is explained."""
    known: int
    """Rows of the table."""
    rows: int
    """Rows explained in a part, but for parts of `longest` rows."""
    longest: int
    workers: int

    def seconds(self, rows: float) -> float:
        """What it takes to explain so many rows."""
        parts = max(self._fewest, rows / self.rows)
        work = parts * self.part + self.known * self.predicted + rows * self.explained
        return self.before + work / self.workers

    def covered(self, seconds: float) -> float:
        """How many rows can be explained; below 0 if too few seconds are left for the others."""
        left = (seconds - self.before) * self.workers - self.known * self.predicted
        longest = (left - self._fewest * self.part) / self.explained
        return min(longest, left / (self.explained + self.part / self.rows))

    @property
    def _fewest(self) -> int:
        """How many parts there are at least."""
        return -(-self.known // self.longest)


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
        plan = Plan(self.stream.table.rows)
        if self.memory_limit is not None:
            found = fit(self.stream, self.executor, self.memory_limit, self.libraries, fixed=self.fixed)
            plan = Plan(found.rows, found.processes)
        if self.budget is None or self.model is None:
            return plan
        sample = self._sample(plan, self.budget, self.model)
        if sample is None:
            return plan
        # So that parts cost about what they did.
        lengthened = min(self._longest(plan, self.model, sample.rows), round(plan.rows / sample.rate))
        return replace(plan, sample=sample, rows=max(plan.rows, lengthened))

    def _longest(self, plan: Plan, model: Model, known: int) -> int:
        """Rows of the longest part of which a sample is explained."""
        if self.fixed or self.memory_limit is not None:
            return plan.rows
        return max(plan.rows, min(most_rows(model), known // (PARTS_A_WORKER * self._workers(plan))))

    def _workers(self, plan: Plan) -> int:
        """How many parts are worked on at once, by all shares."""
        return plan.executor(self.executor).workers * self.stream.share[1]

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
            longest = self._longest(plan, model, known)
            rows, why = self._covered(plan, whole, longest, seconds, begun)
        if rows >= known:
            logger.info("the budget covers all {} rows", known)
            return None
        logger.info("about {:.0f} of {} rows are explained, since {}", rows, known, why)
        return replace(whole, rate=rows / known, why=why)

    def _covered(
        self, plan: Plan, whole: Sample, longest: int, seconds: float, begun: float
    ) -> tuple[float, str]:
        """How many rows can be explained in the seconds left, and why."""
        executor, known = plan.executor(self.executor), whole.rows
        work, idle = (
            replace(
                self.stream,
                table=replace(plan, sample=sample, rows=rows).table(self.stream.table, self.model),
            )
            for sample, rows in ((whole, plan.rows), (replace(whole, rate=0.0), longest))
        )
        most = min(PILOT_SECONDS, PILOT_SHARE * seconds)
        found = costs(executor, Pilot(work, most, idle, copies=executor.workers))
        part, explained = safe_line(times(found, "seconds"), plan.rows)
        _, predicted = line(times(found, "idle_seconds"))
        more, workers = max(explained - predicted, 1e-9), self._workers(plan)
        spent = time.monotonic() - begun
        # Other workers than this process end with the pilot, and load all again.
        starts = [cost.loading_seconds for cost in found if cost.loading_seconds]
        again = 0.0 if isinstance(executor, SerialExecutor) else fmean(starts)
        bill = Bill(spent + again, part, predicted, more, known, plan.rows, longest, workers)
        rows, least = bill.covered(seconds), min(known, FEWEST_ROWS)
        if rows < least:
            msg = (
                f"budget: {seconds:g} s are not enough to explain {least} of {known} rows. The pilot took "
                f"{spent:.1f} s, loading and predicting all rows takes {bill.seconds(0) - spent:.1f} s, and "
                f"explaining takes {more / workers:.2g} s a row; "
                f"give at least {math.ceil(bill.seconds(least))} seconds."
            )
            raise ConfigError(msg)
        return rows, f"the budget of {seconds:g} s covers {more / workers:.2g} s a row"


def safe_line(found: Sequence[tuple[int, float]], rows: int) -> tuple[float, float]:
    """What a part takes by itself, and what each of its rows adds, rather too much than too little.

    If no step had as many rows as a part, small ones tell little of the slope: a row is then said to take
    what one of the largest step took, with what the part took by itself.

    Args:
        found: Rows and seconds of some steps.
        rows: Rows of a part.
    """
    part, each = line(found)
    reached = max(made for made, _ in found)
    return part, each if reached >= rows else each + part / reached
