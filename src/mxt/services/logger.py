"""Logs: to the standard error stream, and to a file if one is named."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

from loguru import logger
from pydantic import Field, PrivateAttr, StringConstraints

from mxt.configs import Location
from mxt.errors import ServiceError
from mxt.services.base import Service

if TYPE_CHECKING:
    from loguru import Logger

TEXT = "{time:YYYY-MM-DD HH:mm:ss} {level: <7} {message}"


class LoggerService(Service):
    """Writes what a job does, a line a step; tracebacks never show the values of variables."""

    level: Literal["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR"] = "INFO"
    """The least severe level that is written."""

    format: Literal["text", "json"] = "text"
    """Text for people, or one JSON object a line for machines."""

    file: Location | None = None
    """Also write to this file."""

    rotation: Annotated[str, StringConstraints(pattern=r"^[0-9]+ (KB|MB|GB|days|weeks)$")] = "10 MB"
    """Begin a new file at this size or age."""

    retention: Annotated[int, Field(ge=1)] | None = None
    """Keep at most this many files; all of them if left out."""

    _sinks: list[int] = PrivateAttr(default_factory=list)

    def start(self) -> None:
        logger.remove()
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._sinks.append(logger.add(sys.stderr, **self._options()))
        if self.file:
            try:
                self._sinks.append(
                    logger.add(self.file, rotation=self.rotation, retention=self.retention, **self._options())
                )
            except OSError as error:
                msg = f"The log file {self.file} cannot be written ({error.strerror})."
                raise ServiceError(msg) from error

    def _options(self) -> dict[str, Any]:
        """What both sinks share; tracebacks never show the values of variables."""
        as_json = self.format == "json"
        return {
            "level": self.level,
            "format": TEXT,
            "serialize": as_json,
            "backtrace": False,
            "diagnose": False,
        }

    def stop(self) -> None:
        while self._sinks:
            logger.remove(self._sinks.pop())

    def logger(self) -> Logger:
        """The logger to write with."""
        return logger
