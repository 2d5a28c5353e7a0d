"""The last resort: a thread that ends the process where it is stuck in code that nothing interrupts."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mxt.datasets import deadlines
from mxt.errors import ServiceError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRACE_SECONDS = 5.0
"""How long after a deadline it is taken, and after half of that for Ctrl-C and SIGTERM."""
_guards: list[threading.Thread] = []
_end_of_all = threading.Lock()
"""Taken by who ends the job: its main thread, or the guard."""


@contextmanager
def armed(report: Callable[[int, str], None]) -> Iterator[None]:
    """End the process where its main thread is in code that neither a deadline nor a signal interrupts.

    Args:
        report: Called before with the exit code and the error; it alone reports from then on.
    """
    if _guards or threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(0)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    guard = threading.Thread(target=_guard, args=(ours, theirs, report), daemon=True)
    _guards.append(guard)
    guard.start()
    try:
        yield
    finally:
        ours_to_end = _end_of_all.acquire(blocking=False)
        while not ours_to_end:  # the guard ends the process at any moment
            with suppress(BaseException):
                time.sleep(GRACE_SECONDS)


def _guard(ours: socket.socket, _theirs: socket.socket, report: Callable[[int, str], None]) -> None:
    """Look again and again whether the main thread is late."""
    stop, since = 0, 0.0
    while True:
        select.select([ours], [], [], 0.5)
        with suppress(BlockingIOError):
            stops = [number for number in ours.recv(64) if number in {signal.SIGINT, signal.SIGTERM}]
            stop, since = (stops[0], time.monotonic()) if stops else (stop, since)
        if stop and not Stopped.under_way and time.monotonic() - since > GRACE_SECONDS / 2:
            _end(128 + stop, f"stopped by {signal.Signals(stop).name}", report)
        for clock in deadlines.running():
            if Stopped.under_way and clock.overdue() > 0:
                number = signal.Signals(Stopped.under_way - 128)
                _end(Stopped.under_way, f"stopped by {number.name}", report)
            if clock.overdue() > GRACE_SECONDS:
                _end(ServiceError.exit_code, clock.message(), report)


def _end(code: int, error: str, report: Callable[[int, str], None]) -> None:
    if not _end_of_all.acquire(blocking=False):
        return  # the job has ended by itself
    try:
        report(code, error)
    finally:
        os._exit(code)
