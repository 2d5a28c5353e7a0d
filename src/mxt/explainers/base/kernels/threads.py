"""Number of threads that the kernels use."""

from __future__ import annotations

import os

from mxt.errors import ConfigError

THREADS = "MXT_NUM_THREADS"


def threads() -> int:
    """Number of threads to use: ``MXT_NUM_THREADS``, or the number of cores of this process.

    Raises:
        ConfigError: ``MXT_NUM_THREADS`` is not a whole number from 1 on.
    """
    given = os.environ.get(THREADS, "")
    if given and not (given.isascii() and given.isdigit() and int(given) > 0):
        msg = f"{THREADS} is {given!r}; it should be a whole number from 1 on."
        raise ConfigError(msg)
    if given:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
