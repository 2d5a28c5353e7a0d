"""Columns that a training leaves out, and names among them that are no columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


def refuse_absent(exclude: Sequence[str], names: Sequence[str], source: str) -> None:
    """Warn of names to exclude that the table does not have: one config may serve several tables.

    Args:
        exclude: The names.
        names: Those of the table's columns; the id column is one of them.
        source: Where the table comes from.

    Raises:
        ConfigError: The table has none of the names.
    """
    absent = [name for name in exclude if name not in names]
    if not absent:
        return
    meant = ", ".join(f"{name!r}{_near(name, names)}" for name in absent)
    if len(absent) == len(exclude):
        msg = f"exclude: {source} has no column {meant}; it has {[*names]}. Mend or remove the names."
        raise ConfigError(msg)
    logger.warning("exclude: {} has no column {}; nothing is left out for that", source, meant)


def _near(name: str, names: Sequence[str]) -> str:
    lower = nearest(name.lower(), [known.lower() for known in names])
    meant = next((known for known in names if known.lower() == lower), "")
    return f" (did you mean {meant!r}?)" if meant else ""
