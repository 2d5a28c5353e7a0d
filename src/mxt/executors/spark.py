"""A cluster of Apache Spark: workers on many machines that read the rows themselves."""

from __future__ import annotations

import os
import pickle
import re
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field

from mxt.errors import MxtError, ServiceError
from mxt.executors.base import Executor, failed
from mxt.executors.base.groups import Group, Letter
from mxt.executors.base.sessions import Master, Option, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from pyspark.sql import SparkSession

    from mxt.executors.base import Receipt, Stream

GROUPS_A_TASK = 4
"""Groups of parts for each task at once, so that the last ones end at about the same time."""

MOST_PARTS = 16
"""Parts of a group: seconds of work, beside the tenth of one that a task costs Spark."""

PATIENCE_SECONDS = 120.0
"""Time without a first group after which a warning asks whether there are free cores."""

DEATHS = re.compile(r"Python worker exited unexpectedly|ExecutorLostFailure")
"""What Spark tells of a task whose process died each time that it was tried."""


class SparkExecutor(Executor):
    """Works on many parts at once, on a cluster of Apache Spark whose workers read the rows themselves.

    Each machine needs the same packages, and sees the table and the folder of the output by the same paths.
    A worker that dies is replaced, and its parts are tried again. It needs the extra ``mxt[spark]``.

    Example:
        {KIND: SparkExecutor, master: "local[2,4]", tasks: 2}
    """

    KIND: Literal["SparkExecutor"] = "SparkExecutor"

    master: Master = "local[*,4]"
    """Where Spark is: ``local[workers,attempts]`` on this machine, ``spark://host:7077``, or ``sc://host:15002``
    for Spark Connect; ``env:NAME`` for the variable that holds an address with a secret."""

    tasks: Annotated[int, Field(ge=1)] = 8
    """Tasks that Spark is given at once; at least as many as the cluster has cores for them, and no more if
    there is a budget of seconds, which takes all of them to run at once."""

    options: dict[Option, str] = {}
    """Spark's own options, such as ``spark.executor.memory: 4g``; secrets go in spark-defaults.conf."""

    @property
    def workers(self) -> int:
        """All tasks; Spark on this machine has no more threads than its address tells."""
        threads = re.match(r"local\[(\d+|\*)", self.master)
        if threads is None:
            return self.tasks
        return min(self.tasks, int(threads[1]) if threads[1] != "*" else os.cpu_count() or 1)

    def run(self, stream: Stream) -> Iterator[Receipt]:
        numbers = stream.numbers()
        if not numbers:
            return
        size = min(MOST_PARTS, max(1, len(numbers) // (GROUPS_A_TASK * self.tasks)))
        groups = (tuple(numbers[first : first + size]) for first in range(0, len(numbers), size))
        with ExitStack() as stack:
            letter = Letter.of(stream)
            stack.callback(letter.burn)
            pool = ThreadPoolExecutor(self.tasks)
            stack.callback(pool.shutdown)
            spark = stack.enter_context(opened(self.master, self.options))
            yield from self._shared_out(stream, deque(Group(letter, group) for group in groups), spark, pool)

    def _shared_out(
        self, stream: Stream, todo: deque[Group], spark: SparkSession, pool: ThreadPoolExecutor
    ) -> Iterator[Receipt]:
        """Give Spark one job a group, so that one which fails stops no other; pass on what comes back."""
        running: dict[Future[list[Receipt] | None], Group] = {}
        patience: float | None = PATIENCE_SECONDS
        while todo or running:
            while todo and len(running) < self.tasks:
                group = todo.popleft()
                running[pool.submit(_worked, spark, group)] = group
            done, _ = wait(running, patience, FIRST_COMPLETED)
            if not done:
                logger.warning("Spark has finished nothing in {:.0f} s; has it free cores?", patience)
            patience = None
            for future in done:
                group = running.pop(future)
                receipts = future.result()
                if receipts is not None:
                    yield from receipts
                elif len(group.numbers) > 1:
                    todo.extendleft(group.single())
                else:
                    yield _lost(stream, group.numbers[0])


def _worked(spark: SparkSession, group: Group) -> list[Receipt] | None:
    """What comes of a group; None if Spark gave up since its worker always died."""
    frame = spark.range(0, 1, 1, numPartitions=1).mapInArrow(group, "outcome binary")
    try:
        outcome: list[Receipt] | MxtError = pickle.loads(bytes(frame.collect()[0]["outcome"]))  # noqa: S301 - of our own workers
    except Exception as error:
        if DEATHS.search(str(error)):
            return None
        raise
    if isinstance(outcome, MxtError):
        raise outcome
    return outcome


def _lost(stream: Stream, number: int) -> Receipt:
    part = next(iter(stream.parts([number])))
    msg = "The process that worked on it ended each time that Spark tried; it may need more memory."
    return failed(number, part.first_row, part.batch.num_rows, ServiceError(msg))
