"""Log files that cannot be written: no line of a log ends a job, and a pipe is not waited for."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest
from loguru import logger

from contracts.stores import special
from mxt.errors import ServiceError
from mxt.services import LoggerService

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("what", ["pipe", "socket", "device"])
def test_a_log_file_that_is_none_is_refused_and_stays(what: str, tmp_path: Path) -> None:
    path = special(tmp_path / "log", what)
    mode = path.lstat().st_mode
    with pytest.raises(ServiceError, match=f"log cannot be written .it is neither a file .* but a {what}"):
        LoggerService(file=str(path)).start()
    assert path.lstat().st_mode == mode


def test_of_a_link_the_target_is_written_and_rotated(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "link").symlink_to("logs/log")
    service = LoggerService(file=str(tmp_path / "link"), rotation="1 KB")
    service.start()
    for number in range(30):
        logger.info("a line of a log, number {}", number)
    service.stop()
    assert sorted(os.listdir(tmp_path)) == ["link", "logs"]  # noqa: PTH208 - names alone
    assert (tmp_path / "link").is_symlink()
    assert len(list((tmp_path / "logs").iterdir())) > 1


def test_a_full_disk_ends_nothing_and_a_last_line_names_the_file(
    tmp_path: Path, small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = LoggerService(file=str(small_disk / "log"))
    service.start()
    with contextlib.suppress(OSError):
        (small_disk / "filler").write_bytes(bytes(200_000))
    for _ in range(300):
        logger.info("a line of a log {}", "x" * 100)
    service.stop()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 301
    assert lines[-1].endswith(f"The log file {small_disk}/log lacks lines: No space left on device.")
    assert not list(tmp_path.glob("*.log"))
