"""Apache Spark: workers on many machines, which read the rows themselves."""

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
from mxt.executors.base.groups import Group, StreamFile
from mxt.executors.base.sessions import Master, Option, Value, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from pyspark.sql import SparkSession

    from mxt.executors.base import Receipt, Stream

GROUPS_A_TASK = 4
"""Groups of parts for each task that runs at once, so that the last groups end at about the same time."""

MOST_PARTS = 16
"""Most parts of a group: they take seconds, while starting a task takes Spark a tenth of a second."""

PATIENCE_SECONDS = 120.0
"""How long to wait for the first group before a warning that the cluster may have no free cores."""

DEATHS = re.compile(r"Python worker exited unexpectedly|ExecutorLostFailure")
"""Spark's message of a task whose process died at each attempt."""


class SparkExecutor(Executor):
    """Works on many parts at once, on a cluster of Apache Spark whose workers read the rows themselves.

    All machines need the same packages, and see the table and the output's folder by the same paths. A worker
    that dies is replaced, and its parts are tried again. This executor needs the extra ``mxt[spark]``.

    Example:
        {KIND: SparkExecutor, master: "local[2,4]", tasks: 2}
    """

    KIND: Literal["SparkExecutor"] = "SparkExecutor"

    master: Master = "local[*,4]"
    """Where Spark is: ``local[workers,attempts]`` on this machine, ``spark://host:7077``, or ``sc://host:15002``
    for Spark Connect; ``env:NAME`` for the variable that holds an address with a secret."""

    tasks: Annotated[int, Field(ge=1)] = 8
    """How many tasks Spark gets at once: at least as many as the cluster has cores. A budget of seconds needs
    exactly as many, since it assumes that all tasks run at once."""

    options: dict[Option, Value] = {}
    """Spark's own options, such as ``spark.executor.memory: 4g``; secrets belong in spark-defaults.conf."""

    @property
    def workers(self) -> int:
        """All tasks; Spark on this machine runs no more at once than its address has threads."""
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
            file = StreamFile.write(stream)
            stack.callback(file.remove)
            pool = ThreadPoolExecutor(self.tasks)
            stack.callback(pool.shutdown)
            spark = stack.enter_context(opened(self.master, self.options))
            yield from self._shared_out(stream, deque(Group(file, group) for group in groups), spark, pool)

    def _shared_out(
        self, stream: Stream, todo: deque[Group], spark: SparkSession, pool: ThreadPoolExecutor
    ) -> Iterator[Receipt]:
        """Give Spark a job for each group, so that one that fails stops no other; pass on the receipts."""
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
    """The receipts of a group; None if Spark gave up because the worker died at each attempt."""
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
    """The receipt of a part whose worker died at each attempt."""
    part = next(iter(stream.parts([number])))
    msg = "The process that worked on it ended each time that Spark tried; it may need more memory."
    return failed(part, ServiceError(msg))
