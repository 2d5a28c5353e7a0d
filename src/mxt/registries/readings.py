"""Readings: how a version's training read the cells of its table, and readers that read alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.fingerprint import fingerprint
from mxt.registries.versions import TRAINING_DATA_TAG
from mxt.schemas.casts import texts_and_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.datasets.readers.base import Reader, Reading
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema

READING_TAG = "mxt.reading"
"""Tag of a version: the `Reader.reading` of its training."""


def reading_of(pinned: Pinned | None) -> Reading:
    """How a version's training read cells; "exact" if there is no version, or another tool trained it.

    A version that MXT trained before readers had a `reading` has no tag for it: its training inferred types.
    """
    tags = {} if pinned is None else pinned.tags
    if READING_TAG in tags:
        return "inferred" if tags[READING_TAG] == "inferred" else "exact"
    return "inferred" if TRAINING_DATA_TAG in tags else "exact"


def suited(reader: Reader, pinned: Pinned | None, *schemas: InputsSchema | None) -> Reader:
    """A reader that reads cells as a version's training did, and as text where a schema declares text.

    Args:
        reader: The reader of a config; its own `reading` and `types` win.
        pinned: The version that a job works on, if any.
        schemas: The schemas of the columns, as far as they are known.
    """
    known = [texts_and_others(schema.schema) for schema in schemas if schema is not None]
    texts = frozenset[str]().union(*(texts for texts, _ in known))
    others = frozenset[str]().union(*(others for _, others in known)) - texts
    own = reader.by(reading_of(pinned))
    return own.suited(texts, others) if known else own


def digest_before(given: Reader, reader: Reader, columns: Sequence[str] | None = None) -> str:
    """The fingerprint that releases before exact readings gave a table; empty if it is the same today.

    Args:
        given: The reader of the table, as in the config.
        reader: The same reader after `suited`.
        columns: The columns to read; those of the reader if None.
    """
    former = given.model_copy(update={"reading": "inferred"})
    same = not reader.exact or reader.reads_as(former, columns)
    return "" if same else fingerprint(former.arrow(columns)).digest


def warn_left_out(reader: Reader) -> None:
    """Warn of columns that were not read, since pandas wrote an index without a name there."""
    wanted = reader.wanted(None)
    names = [] if reader.columns else [name for name in reader.names() if name not in wanted]
    if names:
        logger.warning(
            "{}: the columns {} were left out, since pandas keeps an index without a name there. Write the "
            "table with index=False, or name the columns in `columns` if they are content",
            reader.source,
            names,
        )
