"""The columns of a table that a job reads: what it says of them before the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.datasets.survey import first_rows, survey
from mxt.datasets.tables import to_frame
from mxt.findings.words import listed
from mxt.jobs.base.doubts import warn_of_doubts
from mxt.pages.surveys import described, differing, section
from mxt.schemas.captions import NO_CAPTIONS

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.findings import Findings
    from mxt.schemas.captions import Captions
    from mxt.streams.tasks import Workload

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
    head = first_rows(table)
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


def describe(workload: Workload) -> None:
    """Log what the columns of a long table hold, by its first rows.

    Raises:
        DataError: The table cannot be read.
    """
    reader = workload.reader
    head = to_frame([workload.first_rows(SURVEYED_ROWS)], reader.id_column)
    rows = len(head) if len(head) < SURVEYED_ROWS else None
    logger.info("{} has {} columns: {}", reader.source, len(head.columns), described(head, rows))
