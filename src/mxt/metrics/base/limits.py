"""Limits of a score that leave room for one."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def refuse_no_room(minimum: float | None, maximum: float | None) -> None:
    """Refuse limits that no score can keep.

    Raises:
        PydanticCustomError: The minimum lies above the maximum.
    """
    if minimum is not None and maximum is not None and minimum > maximum:
        kind, msg = "contradiction", "no score is at least {minimum} and at most {maximum}"
        raise PydanticCustomError(kind, msg, {"minimum": minimum, "maximum": maximum})
