"""Work on a stream: finished parts count, others are worked on, and all are held while outputs are made."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from loguru import logger

from mxt.streams.failures import failure
from mxt.streams.parts import Parts
from mxt.streams.plans import StreamPlan, settle
from mxt.streams.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.executors.base import Executor, Receipt
    from mxt.services.base.runs import Run
    from mxt.streams.plans import Bounds
    from mxt.streams.receipts import KeptPart
    from mxt.streams.tasks import TableStream

MOST_FAILED = 8
"""Failed parts after which the work stops: so many have a common cause."""


@contextmanager
def worked(
    stream: TableStream, executor: Executor, bounds: Bounds, run: Run, what: str, *, fresh: bool
) -> Iterator[Parts]:
    """Work on the parts that no earlier run has finished, and hold all of them while the output is made.

    Args:
        stream: The work on all rows.
        executor: Who works on it.
        bounds: Memory and budget.
        run: Where progress is logged.
        what: What is done with the rows, as a verb.
        fresh: Whether to work on finished parts again.

    Raises:
        ConfigError: The memory limit or the budget is too small.
        MxtError: Parts failed: the error of the first. The finished parts are kept.
    """
    place, shares = stream.share
    share = f"{place}-of-{shares}" if shares > 1 else ""
    unbounded = bounds.memory is None and bounds.budget is None
    planning = None if unbounded else lambda: settle(stream, executor, bounds).to_json()
    with stream.staging.held(share, fresh=fresh, settle=planning) as staging:
        plan = StreamPlan.from_json(staging.plan) if staging.plan else StreamPlan(stream.workload.part_rows)
        current, others = _finished(replace(stream, staging=staging), fresh=fresh)
        left = replace(
            stream,
            workload=plan.workload(stream.workload, bounds.model),
            staging=staging,
            done=frozenset(current),
            unverified=others,
        )
        expected = plan.expected(left.workload)
        rows = sum(receipt["worked"] for receipt in current.values())
        with left.unchanged(), Progress(run, what, expected, rows) as progress:
            _work(left, plan.executor(executor), progress, current)
        yield Parts(left, [current[number] for number in sorted(current)], plan)
        if shares == 1:
            staging.forget(staging.parts())


def _finished(stream: TableStream, *, fresh: bool) -> tuple[dict[int, KeptPart], frozenset[int]]:
    """The receipts of parts that count, and the numbers of those that count if their rows are unchanged."""
    staging, (place, shares) = stream.staging, stream.share
    finished = staging.finished()
    if fresh:
        staging.forget(number for number in finished if number % shares == place - 1)
        finished = {}
    current = {part: receipt for part, receipt in finished.items() if staging.is_current(receipt)}
    if current:
        logger.info("{} parts are finished already; the work goes on from there", len(current))
    others = frozenset(finished) - frozenset(current)
    if others:
        logger.info("{} finished parts count if the table still has their rows", len(others))
    return current, others


def _work(stream: TableStream, executor: Executor, progress: Progress, kept: dict[int, KeptPart]) -> None:
    """Work on the parts that are left, and add their receipts to those `kept`."""
    bad: list[Receipt] = []
    for receipt in executor.run(stream):
        progress.add(receipt.facts.get("worked", receipt.rows))
        if receipt.error:
            bad.append(receipt)
        else:
            kept[receipt.part] = cast("KeptPart", receipt.facts)
        if len(bad) >= MOST_FAILED:
            break
    if bad:
        raise failure(bad, sum(stream.staging.recorded(part) is not None for part in kept))
