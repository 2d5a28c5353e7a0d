"""Locks on file systems that have none."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING, NoReturn

from loguru import logger

from mxt.streams.locks import locked

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_run_goes_on_where_files_cannot_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> NoReturn:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    told: list[str] = []
    sink = logger.add(told.append, format="{message}")
    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(tmp_path / "out.parts", "lock"):
        pass
    logger.remove(sink)
    assert told == [
        f"{tmp_path}/out.parts/lock: cannot be locked (No locks available); start no second run meanwhile\n"
    ]
