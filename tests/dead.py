"""A process that has ended, as a run describes the one that it belongs to."""

from __future__ import annotations

import os

from mxt.services.base.owners import this_process


def dead_process(*, noticed: bool = True) -> str:
    """A process that has ended.

    Args:
        noticed: Whether its parent has taken note, so that the system forgets it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, this_process().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        process = pipe.read()
    os.waitid(os.P_PID, child, os.WEXITED | (0 if noticed else os.WNOWAIT))
    return process
