"""Several processes on this machine, which get the rows through pipes in Arrow's IPC format."""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeAlias

from pydantic import Field

from mxt.datasets.tables import from_ipc, to_ipc
from mxt.errors import MxtError, ServiceError
from mxt.executors.base import AHEAD, ATTEMPTS, Executor, Part, Receipt, attempted, failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from mxt.executors.base import Stream

    Pipe: TypeAlias = Connection[Receipt, tuple[int, int]]


class ProcessesExecutor(Executor):
    """Works on several parts at once, in processes that each hold the model.

    A process that dies is replaced, and its parts are tried again. The system may kill one when memory
    runs out.

    Example:
        {KIND: ProcessesExecutor, processes: 2}
    """

    KIND: Literal["ProcessesExecutor"] = "ProcessesExecutor"

    processes: Annotated[int, Field(ge=1)] | None = None
    """How many processes; as many as there are cores if left out."""

    @property
    def workers(self) -> int:
        return self.processes or _cores()

    @property
    def choices(self) -> Sequence[int]:
        return range(self.workers, 0 if self.processes is None else self.workers - 1, -1)

    def limited(self, workers: int) -> Self:
        return self.model_copy(update={"processes": min(workers, self.workers)})

    def run(self, stream: Stream) -> Iterator[Receipt]:
        import cloudpickle

        count = self.workers
        payload = cloudpickle.dumps(stream)
        with ExitStack() as stack:
            workers = [_Worker(payload, max(1, _cores() // count)) for _ in range(count)]
            for worker in workers:
                stack.callback(worker.stop)
            yield from _shared_out(stream.parts(), workers)


def _shared_out(parts: Iterator[Part], workers: list[_Worker]) -> Iterator[Receipt]:
    """Give each worker its next part as soon as it can take one, and pass on the receipts.

    If the table cannot be read on, the workers first finish the parts that they hold.
    """
    from multiprocessing.connection import wait

    again: deque[_Given] = deque()
    source = map(_Given, parts)
    left, trouble = True, None
    while True:
        while left and (free := _free(workers)) is not None:
            try:
                given = again.popleft() if again else next(source, None)
            except MxtError as error:
                given, trouble = None, error
            left = given is not None
            if given is not None:
                free.give(given)
        busy = {worker.connection: worker for worker in workers if worker.given}
        if not busy and trouble is not None:
            raise trouble
        if not busy:
            return
        ready = wait(list(busy))
        for worker in [worker for connection, worker in busy.items() if connection in ready]:
            receipt = worker.receipt()
            if receipt is not None:
                yield receipt
                continue
            yield from _lost(worker, again)
            left = True


def _free(workers: list[_Worker]) -> _Worker | None:
    """The worker with the least to do, unless each has enough."""
    least = min(workers, key=lambda worker: len(worker.given))
    return least if len(least.given) < AHEAD else None


def _lost(worker: _Worker, again: deque[_Given]) -> Iterator[Receipt]:
    """Replace a worker that died; put its parts into `again`, or yield receipts if they failed too often."""
    how = worker.restart()
    for place, given in enumerate(worker.given):
        given.deaths += place == 0  # the others were only waiting
        if given.deaths < ATTEMPTS:
            again.append(given)
            continue
        msg = f"The process that worked on it ended {how} {ATTEMPTS} times; it may need more memory. "
        msg += "Set a smaller part_rows, or use fewer processes."
        yield failed(given.part, ServiceError(msg))
    worker.given.clear()


@dataclass
class _Given:
    """A part, and how many workers died when it was in work."""

    part: Part
    deaths: int = 0


@dataclass
class _Worker:
    """A process, and the parts it was given whose receipts have not come yet."""

    payload: bytes
    threads: int
    given: deque[_Given] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        """Start the process and send it the stream; if it dies meanwhile, `receipt` will return None."""
        from multiprocessing import get_context, resource_tracker

        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, self.threads), daemon=True)
        resource_tracker.ensure_running()  # it would undo the next line, were it started by the first process
        with _deaf_to_interrupts():
            self.process.start()
        theirs.close()
        with suppress(OSError):
            self.connection.send_bytes(self.payload)

    def give(self, given: _Given) -> None:
        """Send a part; if the worker is dead, `receipt` will return None."""
        self.given.append(given)
        part = given.part
        try:
            self.connection.send((part.number, part.first_row))
            self.connection.send_bytes(to_ipc(part.batch))
        except OSError:
            return

    def receipt(self) -> Receipt | None:
        """The worker's receipt of its oldest part; None if the worker is dead."""
        try:
            receipt: Receipt = self.connection.recv()
        except (EOFError, OSError):
            return None
        self.given.popleft()
        return receipt

    def restart(self) -> str:
        """Start another process, and return how the old one ended, in words."""
        self.process.join()
        code = self.process.exitcode or 0
        self.connection.close()
        self._start()
        return f"by signal {-code}" if code < 0 else f"with code {code}"

    def stop(self) -> None:
        """End the process."""
        self.connection.close()
        self.process.terminate()
        self.process.join()


def _serve(connection: Pipe, threads: int) -> None:
    """Run in a worker's process: work on parts until the job closes the connection."""
    for name in ("MXT_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    import cloudpickle

    parts: SimpleQueue[Part] = SimpleQueue()
    with suppress(EOFError, OSError):
        stream = cloudpickle.loads(connection.recv_bytes())
        Thread(target=_receive, args=(connection, parts), daemon=True).start()
        while True:
            connection.send(attempted(stream, parts.get()))


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes started meanwhile ignore Ctrl-C, which a terminal sends to all: the job stops them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(connection: Pipe, parts: SimpleQueue[Part]) -> None:
    """Receive parts while the worker works, so that the sender need not wait.

    The process ends at once if the connection breaks, or if memory runs out here: the work of a run that
    was killed must not go on beside the work of the next.
    """
    try:
        while True:
            number, first_row = connection.recv()
            parts.put(Part(number, first_row, from_ipc(connection.recv_bytes())))
    except BaseException:  # noqa: BLE001 - whatever it is, no part comes any more
        os._exit(1)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
