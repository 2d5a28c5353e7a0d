"""Calls of MLflow that look for a row and add it, while another process adds the same one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

_LOST = re.compile(r"UNIQUE constraint|UniqueViolation|duplicate key|Duplicate entry")
"""How SQLite, PostgreSQL and MySQL call a row that is there already."""


def settled(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a call returns, made once more if another process added its row first: the row is there then."""
    from mlflow.exceptions import MlflowException

    try:
        return call(*args, **kwargs)
    except MlflowException as error:
        if not _LOST.search(str(error)):
            raise
    return call(*args, **kwargs)
