"""Deadlines: a call to a service takes a minute at most, and a transfer stands still for a minute at most.

What the main thread does is interrupted by a timer of the system (setitimer(2)), also in the midst of a
library's waiting or of its own tries. In other threads, and on Windows, the libraries' own limits hold.
Code that no timer interrupts, as of a driver, is left to the `last_resort`.
"""

from __future__ import annotations

import inspect
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from mxt.datasets.traffic import Traffic
from mxt.errors import ServiceError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 60.0
"""How long a call may take, and how long a transfer may stand still."""

AGAIN_SECONDS = 5.0
"""The same for a service that has let a deadline pass before, and once the job is being stopped."""

TICK_SECONDS = 0.01
"""How much the timer and the clock may differ."""

LOOKS = 20
"""How often within its deadline one looks whether a transfer moves."""


class Expired(BaseException):
    """The time of a call or transfer is over; no Exception, which a library would catch to try again."""


class _Mark:
    """What stands for no value."""


_END = _Mark()
LATE = _Mark()
"""What stands for the answer that did not come before the deadline."""


@dataclass
class Clock:
    """The time of the call or transfer that the main thread is in."""

    endpoint: str
    seconds: float
    moving: bool
    begun: float = field(default_factory=time.monotonic)
    traffic: Traffic = field(default_factory=Traffic)
    rung: bool = False
    left: bool = False

    def overdue(self) -> float:
        """Seconds since the deadline; below 0 before it."""
        now = time.monotonic()
        if self.moving and self.traffic.moved():
            self.begun = now
        return now - self.begun - self.seconds

    def message(self) -> str:
        what = "stands still" if self.moving else "does not answer"
        return f"{self.endpoint} {what}: given up after {self.seconds:.1f} s. Is it up? Then run again."

    def set(self) -> None:
        """Let the timer ring at the deadline, and again and again: a library may swallow what it raises."""
        often = self.seconds / LOOKS
        signal.setitimer(signal.ITIMER_REAL, often if self.moving else self.seconds, often)


_clocks: list[Clock] = []
"""Of the call or transfer that the main thread is in, and of the transfers around it."""
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
    watched = outer is not None and (moving or not outer.moving)
    if watched or not _interruptible(outer) or (moving and not Traffic.known()):
        yield
        return
    seconds = SECONDS if seconds is None else seconds
    seconds = min(seconds, AGAIN_SECONDS) if endpoint in _late or Stopped.under_way else seconds
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
        stopped = isinstance(error, Stopped)
        if stopped or clock.rung:
            _late.add(endpoint)
        if stopped or not clock.rung:
            raise
        raise kind(clock.message()) from None
    else:
        _late.discard(endpoint)
    finally:
        _leave(clock, before, outer)


def _leave(clock: Clock, before: object, outer: Clock | None) -> None:
    """Go back to the time of what is around a call."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    _clocks.remove(clock)
    signal.signal(signal.SIGALRM, before)  # type: ignore[arg-type] # what signal() gave
    if outer is not None:
        outer.begun = time.monotonic()
        outer.set()


def _ring(_number: int, _frame: object) -> None:
    clock = running()
    if clock is not None and clock.overdue() > -TICK_SECONDS:
        clock.rung = True
        raise Expired


def _interruptible(outer: Clock | None) -> bool:
    """Whether this is the main thread of a system with timers, and nobody else uses its timer."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return outer is not None or signal.getitimer(signal.ITIMER_REAL)[0] == 0


def bound(
    thing: T, names: Iterable[str], limit: Callable[[str], AbstractContextManager[object]], endpoint: str
) -> T:
    """An object some of whose methods are limited from now on.

    Args:
        thing: The object, which is changed.
        names: Its methods; those that it lacks are passed over.
        limit: `call` or `transfer`.
        endpoint: The service, as a message names it.
    """
    for name in names:
        own = inspect.isfunction(getattr(type(thing), name, None)) or name in vars(thing)
        if own and not hasattr(method := getattr(thing, name), "mxt_limited"):
            setattr(thing, name, limited(method, limit, endpoint))
    return thing


def limited(
    function: Callable[P, T], limit: Callable[[str], AbstractContextManager[object]], endpoint: str
) -> Callable[P, T]:
    """A function whose every call is limited."""

    @wraps(function)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        with limit(endpoint):
            return function(*args, **kwargs)

    within.mxt_limited = True  # type: ignore[attr-defined] # so that none is limited twice
    return within


def each(items: Iterator[T], limit: Callable[[], AbstractContextManager[object]]) -> Iterator[T]:
    """The items of an iterator, each of which is waited for no longer than its deadline."""
    while True:
        with limit():
            item = next(items, _END)
        if isinstance(item, _Mark):
            return
        yield item


def at_once(works: Sequence[Callable[[], T]]) -> tuple[list[T | _Mark], float]:
    """What works return that are done at the same time in threads; LATE for those not done at the deadline.

    Also gives the deadline in seconds. What is late goes on in its thread, and ends with the process.
    """
    seconds = min(SECONDS, AGAIN_SECONDS) if Stopped.under_way else SECONDS
    answers: list[T | _Mark] = [LATE] * len(works)

    def do(place: int) -> None:
        answers[place] = works[place]()

    threads = [threading.Thread(target=do, args=(place,), daemon=True) for place in range(len(works))]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    _left.extend(thread for thread in threads if thread.is_alive())
    return [*answers], seconds


def abandoned() -> bool:
    """Whether a call was given up, whose threads may still wait for an answer."""
    return bool(_late) or any(thread.is_alive() for thread in _left)


def running() -> Clock | None:
    """The time of what the main thread is in; None if it waits for nobody."""
    clock = _clocks[-1] if _clocks else None
    return None if clock is None or clock.left else clock
