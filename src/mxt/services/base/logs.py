"""A log file that may stand on a full disk: no line of a log ends a job."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

from mxt.datasets.local_files import blocked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loguru import Message


class LogFile:
    """A file of loguru's, with its rotation, whose first fault is kept instead of raised."""

    def __init__(self, path: str, rotation: str, retention: int | None) -> None:
        """Open the file that a path leads to.

        Raises:
            OSError: It cannot be opened, or is a pipe or a device.
        """
        from loguru import _file_sink

        why = blocked(path, folder=False)
        if why:
            raise OSError(errno.EINVAL, f"it {why}")
        self.fault = ""
        """Why lines are missing; empty if none is."""
        literal = os.path.realpath(path).replace("{", "{{").replace("}", "}}")  # loguru formats the path
        sink: Any = _file_sink.FileSink
        self._file = sink(literal, rotation=rotation, retention=retention)

    def write(self, message: Message) -> None:
        """Write a line, if the disk takes it."""
        with self._faults():
            self._file.write(message)

    def stop(self) -> None:
        """Close the file."""
        with self._faults():
            self._file.stop()

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = self.fault or error.strerror or type(error).__name__
