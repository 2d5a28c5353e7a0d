"""Logs: to the standard error stream, and to a file if one is named."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import AfterValidator, Field, PrivateAttr, StringConstraints

from mxt.configs.addresses import Address
from mxt.configs.locations import NO_SECRET, anchored
from mxt.errors import ServiceError, cut
from mxt.redaction import shown
from mxt.services.base import Service
from mxt.services.base.logs import LogFile

if TYPE_CHECKING:
    from loguru import Logger, Record

TEXT = "{time:YYYY-MM-DD HH:mm:ss} {level: <7} {message}"

LogPath = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4096, pattern=r"^(/.*|\.{1,2}/.*|[A-Za-z]:[/\\].*|[^:]+)$"),
    NO_SECRET,
    AfterValidator(anchored),
]
"""A local path, for logs cannot be written to a URL; a relative one starts at the project's root."""


def _without_secrets(record: Record) -> None:
    """Cut a message, and hide secrets in it and in the traceback of an error, which becomes a part of it."""
    text = cut(record["message"])
    if error := record["exception"]:
        text = "\n".join([text, "".join(traceback.format_exception(*error)).rstrip()])
        record["exception"] = None
    record["message"] = shown(text)


class LoggerService(Service):
    """Writes a line for each step of a job; tracebacks never show the values of variables."""

    level: Literal["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR"] = "INFO"
    """The least severe level that is written."""

    format: Literal["text", "json"] = "text"
    """Text for people, or one JSON object a line for machines."""

    file: LogPath | None = None
    """Also write to this file."""

    rotation: Annotated[str, StringConstraints(pattern=r"^[0-9]+ (KB|MB|GB|days|weeks)$")] = "10 MB"
    """Begin a new file at this size or age."""

    retention: Annotated[int, Field(ge=1)] | None = None
    """Keep at most this many files; all of them if left out."""

    _sinks: list[int] = PrivateAttr(default_factory=list)
    _log: LogFile | None = PrivateAttr(default=None)

    @property
    def writes_to(self) -> tuple[Address, ...]:
        """The log file."""
        return () if self.file is None else (Address.of(self.file),)

    def start(self) -> None:
        logger.remove()
        logger.configure(patcher=_without_secrets)
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        as_json = self.format == "json"
        # Tracebacks never show the values of variables.
        add = partial(
            logger.add, level=self.level, format=TEXT, serialize=as_json, backtrace=False, diagnose=False
        )
        self._sinks.append(add(sys.stderr))
        if self.file:
            full = None if self.retention is None else self.retention - 1  # besides the one being written
            try:
                self._log = LogFile(self.file, self.rotation, full)
            except OSError as error:
                msg = f"The log file {self.file} cannot be written ({error.strerror})."
                raise ServiceError(msg) from error
            self._sinks.append(add(self._log))

    def stop(self) -> None:
        while self._sinks:
            with suppress(ValueError):  # another job of the process has removed it
                logger.remove(self._sinks.pop())
            if self._log is not None and self._log.fault:
                logger.warning("The log file {} lacks lines: {}.", self.file, self._log.fault)
            self._log = None

    def logger(self) -> Logger:
        """The logger to write with."""
        return logger
