"""Receipts of finished parts, and the names of a part's files."""

from __future__ import annotations

from typing import NotRequired, TypedDict

TABLE = "arrow"
"""Suffix of a part's file with its rows of the output."""

ROWS = "rows"
"""Suffix of a part's file with the digests of the rows read."""

IDS = "ids"
"""Suffix of a part's file with the digests of the rows' ids."""


class PartFacts(TypedDict):
    """The facts of a finished part."""

    first_row: int
    rows: int
    worked: int
    """How many of the rows were worked on."""
    first_id: str
    last_id: str
    columns: str
    """The columns read and their types."""
    beyond: dict[str, int]
    """How many rows exceed a soft limit, by column."""
    mark: NotRequired[str]
    """The greatest watermark."""
    rejected: NotRequired[int]
    """How many rows were left out, since the model cannot take them."""
    rules: NotRequired[dict[str, int]]
    """How many rows break each rule."""
    unseen: NotRequired[dict[str, int]]
    """How many cells of each column count as missing, since training did not have their category."""


class KeptPart(PartFacts):
    """The receipt of a finished part, as its JSON file holds it."""

    part: int
    key: str
    state: str
    digests: dict[str, str]
    """SHA-256 of each of the part's files, by suffix."""
