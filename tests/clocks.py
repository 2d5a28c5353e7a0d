"""How long things take, as ratios to other things measured beside them: seconds depend on the machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 10
"""How often both are measured before the first is held to be too slow."""


@dataclass
class Clock:
    """A clock that goes on by what is slept and by nothing else, so that times are the same everywhere."""

    begun: float = field(default_factory=time.time)
    """Seconds since 1970."""
    passed: float = 0.0
    """Seconds since then."""

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.passed += seconds

    def replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the clocks of Python."""
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(time, "time", lambda: self.begun + self.passed)
        for name in ("monotonic", "perf_counter"):
            monkeypatch.setattr(time, name, lambda: self.passed)
        monkeypatch.setattr(time, "perf_counter_ns", lambda: round(self.passed * 1e9))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process, all of its threads together."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def takes_at_most(times: float, one: Callable[[], float], other: Callable[[], float]) -> None:
    """Fail unless `one` takes at most `times` the seconds of `other`.

    Both are measured in turn until the ratio holds, and the least of each counts: other programs take the
    machine for a while, and what is slow in itself is slow in every round.
    """
    least_one = least_other = float("inf")
    for _ in range(ROUNDS):
        least_one, least_other = min(least_one, one()), min(least_other, other())
        if least_one <= times * least_other:
            return
    ratio = least_one / least_other
    pytest.fail(f"{least_one:.3g} s is {ratio:.3g} times {least_other:.3g} s, not at most {times:.3g}")
