"""Plans: the rows of a part, the number of processes and the sample, settled once for all runs and shares."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.tables import to_frame
from mxt.streams.budgets import covered
from mxt.streams.memory import fit
from mxt.streams.samples import RowSample, Sampling, band_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.executors.base import Executor
    from mxt.models import Model
    from mxt.streams.budgets import Budget
    from mxt.streams.tasks import TableStream, Workload

QUICK_ROWS = 65_536
"""Most rows of a part for an explainer that reads the model: fewer cost more, more save little."""

QUICK_VALUES = 20 * QUICK_ROWS
"""Most contributions of such a part, so that wide tables and many classes need no more memory."""

SLOW_ROWS = 250
"""Rows of a part for an explainer that queries the model many times a row, so that progress is visible."""

EDGE_ROWS = 2000
"""Rows whose predictions decide the bands of a sample."""

PARTS_A_WORKER = 4
"""Parts that each worker gets where they are lengthened, so that all workers end at about the same time."""


@dataclass(frozen=True)
class StreamPlan:
    """How a table is worked on."""

    rows: int
    """Rows of a part."""
    processes: int | None = None
    """How many processes fit into memory, if that is limited."""
    sample: RowSample | None = None
    """The rows explained, if not all."""

    def to_json(self) -> str:
        """The plan as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, content: str) -> StreamPlan:
        """The plan that `to_json` wrote."""
        fields = json.loads(content)
        sample = fields.pop("sample")
        return cls(**fields, sample=None if sample is None else RowSample(**sample))

    def executor(self, executor: Executor) -> Executor:
        """The executor, with no more processes than fit into memory."""
        return executor if self.processes is None else executor.limited(self.processes)

    def workload(self, workload: Workload, model: Model | None) -> Workload:
        """The workload with the parts and the sample of the plan."""
        if self.sample is None or model is None:
            return replace(workload, part_rows=self.rows)
        return replace(workload, part_rows=self.rows, task=Sampling(model, workload.task, self.sample))

    def expected(self, workload: Workload) -> int | None:
        """How many rows are worked on, if it is known."""
        return workload.reader.known_rows() if self.sample is None else self.sample.expected


@dataclass(frozen=True)
class Bounds:
    """What limits the work on a table."""

    fixed: bool
    """Whether parts must keep their size."""
    memory: int | None = None
    """Bytes that all processes may hold."""
    libraries: Sequence[str] = ()
    """Modules that the end of the job needs."""
    budget: Budget | None = None
    model: Model | None = None
    """The model whose predictions stratify the sample of a budget."""


def settle(stream: TableStream, executor: Executor, bounds: Bounds) -> StreamPlan:
    """The plan within some bounds, by the measurements of pilots.

    Args:
        stream: The work on all rows, in parts of the size that suits it.
        executor: Who works on it.
        bounds: Memory and budget.

    Raises:
        ConfigError: The memory limit or the budget is too small.
        DataError: The first rows are wrong.
    """
    plan = StreamPlan(stream.workload.part_rows)
    if bounds.memory is not None:
        plan = StreamPlan(*fit(stream, executor, bounds.memory, bounds.libraries, fixed=bounds.fixed))
    if bounds.budget is None or bounds.model is None:
        return plan
    return _sampled(plan, stream, plan.executor(executor), bounds, bounds.budget, bounds.model)


def _sampled(
    plan: StreamPlan, stream: TableStream, executor: Executor, bounds: Bounds, budget: Budget, model: Model
) -> StreamPlan:
    """The plan with a sample of the rows, unless the budget covers all of them."""
    begun, workload = time.monotonic(), stream.workload
    head = to_frame([workload.first_rows(EDGE_ROWS)], workload.reader.id_column)
    inputs, known = workload.takes(head), workload.reader.rows()
    if inputs.empty:
        return plan
    whole = RowSample(1.0, known, budget.seed, band_edges(model.predictor, model.predict(inputs)), "")
    longest = plan.rows
    if not bounds.fixed and bounds.memory is None:
        parts = PARTS_A_WORKER * executor.workers * stream.share[1]
        longest = max(longest, min(most_rows(model), known // parts))
    if budget.seconds is None:
        rows, why = float(budget.rows or 0), f"the budget is {budget.rows} rows"
    else:
        plans = replace(plan, sample=whole), StreamPlan(longest, sample=replace(whole, rate=0.0))
        full, idle = (replace(stream, workload=each.workload(workload, model)) for each in plans)
        rows, why = covered(budget.seconds, (full, idle), executor, known, begun)
    if rows >= known:
        logger.info("the budget covers all {} rows", known)
        return plan
    logger.info("about {:.0f} of {} rows are explained, since {}", rows, known, why)
    sample = replace(whole, rate=rows / known, why=why)
    # Longer parts hold about as many explained rows as before.
    return replace(plan, sample=sample, rows=max(plan.rows, min(longest, round(plan.rows / sample.rate))))


def most_rows(model: Model) -> int:
    """Rows of the longest part that suits memory, by the model's columns and outputs."""
    values = len(model.predictor.columns) * len(model.predictor.outputs)
    return min(QUICK_ROWS, max(SLOW_ROWS, QUICK_VALUES // max(values, 1)))
