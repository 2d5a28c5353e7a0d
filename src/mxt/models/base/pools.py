"""Pools of worker processes by joblib: how they end with the job, and the error when one loses a worker."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import contextmanager, nullcontext
from threading import Thread
from typing import TYPE_CHECKING

from mxt.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

LOOK_SECONDS = 1.0
"""How often a worker looks whether its parent is still there."""


@contextmanager
def pooled(work: str) -> Iterator[None]:
    """Work with a pool of joblib: a killed worker is a ServiceError, and an early end leaves no traceback.

    joblib hands out work in a thread of the pool. Where the pool ends while that thread hands out more,
    joblib logs a traceback, though nothing is lost: nobody waits for that work any more.

    Args:
        work: What the workers do, in a message.

    Raises:
        ServiceError: A worker was killed.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    log = logging.getLogger("concurrent.futures")
    log.addFilter(_is_news)
    try:
        yield
    except BrokenProcessPool as error:
        msg = f"A process of {work} was killed, perhaps for want of memory; give the job fewer workers."
        raise ServiceError(msg) from error
    finally:
        log.removeFilter(_is_news)


def ending_together() -> AbstractContextManager[object]:
    """Let the workers of pools that are made meanwhile end with this process, however it ends.

    joblib's own would finish what they do, and wait for more. Pools of others, as of Dask, are left alone.
    """
    from joblib import parallel_config
    from joblib.parallel import get_active_backend

    if type(get_active_backend()[0]).__name__ != "LokyBackend":
        return nullcontext()
    config: AbstractContextManager[object] = parallel_config(
        "loky", initializer=end_with, initargs=(os.getpid(),)
    )
    return config


def end_with(parent: int) -> None:
    """Let this process end when its parent does, or now if it has; nothing on Windows, which does not say.

    A thread looks, and not the kernel: it would signal when the thread ends that started this process.
    """
    if sys.platform != "win32":
        Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record says more than that a pool which was ended takes no more work."""
    from joblib.externals.loky.process_executor import ShutdownExecutorError

    return not (record.exc_info and isinstance(record.exc_info[1], ShutdownExecutorError))
