"""Segments of a job: their check before the work, and the notes about them for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mxt.datasets.groups import Grouping


def notes_of(segments: Iterable[Grouping], table: pd.DataFrame) -> tuple[str, ...]:
    """Sentences for the page about segments of too many values, which the log warns of too.

    Raises:
        ConfigError: A segment does not fit the table.
    """
    notes = tuple(filter(None, (segment.groups(table).note for segment in segments)))
    for note in notes:
        logger.warning("{}", note)
    return notes
