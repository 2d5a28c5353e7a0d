"""Deadlines: a call to a service takes a minute at most, and a transfer stands still for a minute at most.

What the main thread does is interrupted by a timer of the system (setitimer(2)), also in the midst of a
library's waiting or of its own tries. In other threads, and on Windows, the libraries' own limits hold.
Code that no timer interrupts, as of a driver, is left to the `last_resort`.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from mxt.datasets.traffic import Traffic
from mxt.errors import ServiceError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

T = TypeVar("T")

SECONDS = 60.0
"""How long a call may take, and how long a transfer may stand still."""

AGAIN_SECONDS = 5.0
"""The same for a service that has let a deadline pass before, and once the job is being stopped."""

TICK_SECONDS = 0.01
"""How much the timer and the clock may differ."""

ABOUT = 0.05
"""How much earlier the limit of a library may be, as a share."""

LOOKS = 20
"""How often within its deadline one looks whether a transfer moves."""

UNWIND_SECONDS = 0.1
"""How long a library has at least to close what it opened, before the timer rings again."""


class Expired(BaseException):
    """The time of a call or transfer is over; no Exception, which a library would catch to try again."""


@dataclass(eq=False)
class Clock:
    """The time of the call or transfer that the main thread is in."""

    endpoint: str
    seconds: float
    moving: bool
    begun: float = field(default_factory=time.monotonic)
    traffic: Traffic = field(init=False)
    rung: bool = False
    left: bool = False

    def __post_init__(self) -> None:
        if self.moving:
            self.traffic = Traffic()

    def overdue(self) -> float:
        """Seconds since the deadline; below 0 before it."""
        now = time.monotonic()
        if self.moving and now - self.begun >= self.seconds / LOOKS and self.traffic.moved():
            self.begun = now
        return now - self.begun - self.seconds

    def over(self, error: BaseException) -> bool:
        """Whether an error comes from the deadline, or from a library's own limit at about that time."""
        if isinstance(error, TimeoutError):
            return time.monotonic() - self.begun > (1 - ABOUT) * self.seconds
        return self.rung and not isinstance(error, Stopped)

    def message(self) -> str:
        what = "stands still" if self.moving else "does not answer"
        return f"{self.endpoint} {what}: given up after {self.seconds:.1f} s. Is it up? Then run again."

    def set(self) -> None:
        """Let the timer ring at the deadline, and again and again: a library may swallow what it raises."""
        often = max(self.seconds / LOOKS, UNWIND_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, often if self.moving else self.seconds, often)


_clocks: list[Clock] = []
"""Of the call or transfer that the main thread is in, and of the transfers around it."""
_others: list[Clock] = []
"""Of calls and transfers in other threads."""
_late: set[str] = set()
"""Endpoints that have let a deadline pass."""
_left: list[threading.Thread] = []
"""Threads of works that were late."""


def call(
    endpoint: str, seconds: float | None = None, error: type[BaseException] = ServiceError
) -> AbstractContextManager[None]:
    """Let the block end within a deadline, however often a library tries in it.

    Args:
        endpoint: The service, as a message may name it at its beginning.
        seconds: Another deadline.
        error: What is raised; Expired passes through libraries that would try again, or go on.

    Raises:
        ServiceError: The deadline passed; the message holds the time.
    """
    return _limited(endpoint, seconds, error, moving=False)


def transfer(
    endpoint: str, seconds: float | None = None, error: type[BaseException] = ServiceError
) -> AbstractContextManager[None]:
    """Let the block go on as long as it sends or receives; where the system does not show that, for ever.

    Raises:
        ServiceError: It stood still; the message holds the time.
    """
    return _limited(endpoint, seconds, error, moving=True)


@contextmanager
def _limited(
    endpoint: str, seconds: float | None, kind: type[BaseException], *, moving: bool
) -> Iterator[None]:
    outer = _clocks[-1] if _clocks else None
    seconds = SECONDS if seconds is None else seconds
    seconds = min(seconds, AGAIN_SECONDS) if endpoint in _late or Stopped.under_way else seconds
    if not _interruptible(outer):
        with _elsewhere(Clock(endpoint, seconds, moving), kind):
            yield
        return
    if (outer is not None and (moving or not outer.moving)) or (moving and not Traffic.known()):
        yield
        return
    clock = Clock(endpoint, seconds, moving)
    before = signal.signal(signal.SIGALRM, _ring)
    try:
        _clocks.append(clock)
        clock.set()
        try:
            yield
        finally:
            clock.left = True
    except BaseException as error:  # a library may make another of an Expired
        over = clock.over(error)
        if over or isinstance(error, Stopped):
            _late.add(endpoint)
        if not over:
            raise
        raise kind(clock.message()) from None
    else:
        _late.discard(endpoint)
    finally:
        _leave(clock, before, outer)


@contextmanager
def _elsewhere(clock: Clock, kind: type[BaseException]) -> Iterator[None]:
    """Let the last resort know of a call or transfer that no timer interrupts."""
    watched = [clock] if Traffic.known() or not clock.moving else []
    _others.extend(watched)
    try:
        yield
    except Exception as error:
        if not clock.over(error):
            raise
        raise kind(clock.message()) from None
    finally:
        for each in watched:
            _others.remove(each)


def _leave(clock: Clock, before: object, outer: Clock | None) -> None:
    """Go back to the time of what is around a call."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    _clocks.remove(clock)
    signal.signal(signal.SIGALRM, before)  # type: ignore[arg-type] # what signal() gave
    if outer is not None:
        outer.begun = time.monotonic()
        outer.set()


def _ring(_number: int, _frame: object) -> None:
    clock = _clocks[-1] if _clocks else None
    if clock is not None and not clock.left and clock.overdue() > -TICK_SECONDS:
        clock.rung = True
        raise Expired


def _interruptible(outer: Clock | None) -> bool:
    """Whether this is the main thread of a system with timers, and nobody else uses its timer."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return outer is not None or signal.getitimer(signal.ITIMER_REAL)[0] == 0


def at_once(works: Sequence[Callable[[], T]]) -> tuple[dict[int, T], float]:
    """The answers of works done in threads at the same time, by their places, and the deadline in seconds.

    Answers that did not come before the deadline are absent; their threads end with the process.
    """
    seconds = min(SECONDS, AGAIN_SECONDS) if Stopped.under_way else SECONDS
    answers: dict[int, T] = {}

    def do(place: int) -> None:
        answers[place] = works[place]()

    threads = [threading.Thread(target=do, args=(place,), daemon=True) for place in range(len(works))]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    _left.extend(thread for thread in threads if thread.is_alive())
    return dict(answers), seconds


def give_up(endpoint: str) -> None:
    """Wait no more at the end of the process for a service that has failed: libraries would try again."""
    _late.add(endpoint)


def abandoned() -> bool:
    """Whether a call was given up, whose threads may still wait for an answer."""
    return bool(_late) or any(thread.is_alive() for thread in _left)


def running() -> list[Clock]:
    """The times of what the threads are in that wait for a service; that of the main thread is the last."""
    return [clock for clock in (*_others, *_clocks[-1:]) if not clock.left]
