"""Outputs that rows are added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.writers.base import Writer

FACTS = {"run": "r1", "model": "models:/churn/7"}


def added(writer: Writer, table: pd.DataFrame) -> None:
    """Add a table to what a writer's target holds."""
    present = writer.provenance()
    assert present is not None
    writer.add_arrow(iter([to_batch(table)]), Provenance(FACTS), present)
