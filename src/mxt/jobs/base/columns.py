"""The columns of a table that a job reads: the summary and the checks before the work."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.survey import first_rows as surveyed
from mxt.datasets.survey import survey
from mxt.datasets.tables import to_frame
from mxt.errors import DataError
from mxt.findings.words import count, listed
from mxt.jobs.base.doubts import warn_of_doubts
from mxt.pages.surveys import described, differing, section
from mxt.registries.readings import suited
from mxt.schemas.captions import NO_CAPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.readers.base import Reader
    from mxt.findings import Findings
    from mxt.registries.served import Served
    from mxt.schemas import InputsSchema
    from mxt.schemas.captions import Captions

    Check = Callable[[InputsSchema, pd.DataFrame, str], object]

SURVEYED_ROWS = 5_000
"""First rows by which the columns of a long table are described."""


def look(
    table: pd.DataFrame, learned: Collection[str], reader: Reader, captions: Captions = NO_CAPTIONS
) -> Findings:
    """The columns as a section of the job's page, after warnings of row numbers and of doubtful texts.

    Args:
        table: What was read, its rows in an order that does not depend on the source's.
        learned: The columns that the model is to learn from.
        reader: Where the table comes from.
        captions: How people call the columns, on the page.
    """
    head = surveyed(table)
    columns = survey(head)
    names = [name for name in differing(columns) if name in learned]
    if names:
        logger.warning(
            "{}: each row has another value in {}, so that a model learns the rows by heart. Name the column "
            "that identifies a row in `id_column`, and leave others out by `exclude`",
            reader.source,
            listed([repr(name) for name in names]),
        )
    warn_of_doubts(head, columns, learned, reader)
    return section(columns, len(table), captions)


def first_rows(served: Served, reader: Reader, check: Check, part_rows: int | None) -> pd.DataFrame | None:
    """The first rows of a long table, checked before the version's model is loaded; the log describes them.

    A reader that draws a sample gives none, since that would read the table up to there: then just the names
    of the columns are checked.

    Args:
        served: The version.
        reader: The table.
        check: Raises a DataError for rows that are wrong.
        part_rows: Rows of the first part, beyond which no row is checked.

    Raises:
        DataError: The table cannot be read, lacks columns, or does not pass the check.
    """
    schema = served.schema
    reader = suited(reader, served.pinned, schema)
    if reader.sample is not None:
        lacking = [] if schema is None else [name for name in schema.columns if name not in reader.names()]
        if lacking:
            msg = f"{reader.source}: {'; '.join(f'column {name!r} is missing' for name in lacking)}."
            raise DataError(msg)
        return None
    few = reader.model_copy(update={"limit": min(SURVEYED_ROWS, reader.limit or SURVEYED_ROWS)})
    batches = list(_up_to_a_fault(few.arrow(None if schema is None else schema.columns)))
    head = to_frame(batches, reader.id_column)
    rows = len(head) if len(head) < SURVEYED_ROWS else None
    logger.info("{} has {} columns: {}", reader.source, len(head.columns), described(head, rows))
    checked = head.head(part_rows or SURVEYED_ROWS)
    try:
        if schema is not None:
            check(schema, checked, reader.source)
    except DataError as error:
        if rows is not None and len(checked) == rows:
            raise
        msg = f"{error} Only the first {count(len(checked), 'row')} were looked at."
        raise DataError(msg) from error
    return head


def _up_to_a_fault(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches before one that cannot be read: the work keeps their parts, and then reports the fault.

    Raises:
        DataError: The first cannot be read.
    """
    yield next(batches)
    with suppress(DataError):
        yield from batches
