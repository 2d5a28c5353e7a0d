"""What can go wrong, and the exit code each failure leaves.

Messages are whole sentences that name the fact and the next step. They never hold a cell of a
customer's table.
"""

from typing import ClassVar

OK = 0
VERDICT_NO = 10
NOTHING_TO_DO = 99


class MxtError(Exception):
    """Root of everything a user or the world around MXT can cause."""

    exit_code: ClassVar[int] = 1


class ConfigError(MxtError):
    """A config cannot be read, names an unknown kind, or has a wrong field."""

    exit_code: ClassVar[int] = 2


class DataError(MxtError):
    """A table is missing, empty, or breaks its schema; or it cannot be written."""

    exit_code: ClassVar[int] = 3


class ModelError(MxtError):
    """A model version or alias does not exist, or cannot do what was asked of it."""

    exit_code: ClassVar[int] = 4


class ServiceError(MxtError):
    """MLflow or another service around a job does not answer."""

    exit_code: ClassVar[int] = 5


class MissingExtraError(MxtError):
    """An optional library is absent; the message holds the install command."""

    exit_code: ClassVar[int] = 7

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; run: pip install 'mxt[{extra}]'")
