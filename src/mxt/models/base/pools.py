"""Pools of worker processes by joblib: the error when a pool is ended early, or loses a worker."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mxt.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record says more than that a pool which was ended takes no more work."""
    from joblib.externals.loky.process_executor import ShutdownExecutorError

    return not (record.exc_info and isinstance(record.exc_info[1], ShutdownExecutorError))
