"""How many trials a simulation makes: few in the suite, as many as it was designed for in a sweep."""

from __future__ import annotations

import os

SWEEPING = bool(os.environ.get("MXT_SWEEP"))
"""Read when the tests are collected, since each test runs without MXT's own variables."""


def trials(usual: int, full: int) -> int:
    """The number of trials: `full` where the environment variable MXT_SWEEP is set, otherwise `usual`."""
    return full if SWEEPING else usual
