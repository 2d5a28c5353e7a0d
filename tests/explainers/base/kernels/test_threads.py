"""The number of threads: by the environment, else by the cores of this process."""

from __future__ import annotations

import os

import pytest

from mxt.errors import ConfigError
from mxt.explainers.base.kernels.threads import THREADS, threads


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS, "3")
    assert threads() == 3
    monkeypatch.setenv(THREADS, "")
    assert 1 <= threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²"])
def test_other_values_are_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS, value)
    with pytest.raises(ConfigError, match=f"MXT_NUM_THREADS is '{value}'; it should be a whole number"):
        threads()
