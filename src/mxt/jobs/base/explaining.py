"""The task of explaining the rows of a part, and of summing up the part for the model as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.datasets.likeness import joined
from mxt.importances.base import stored
from mxt.importances.base.tally import Tally
from mxt.jobs.base.held_out import Record, columns_of
from mxt.schemas import TargetsSchema
from mxt.streams.tasks import TALLY, Done, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.datasets.fitted import Membership
    from mxt.datasets.readers.base import Reader
    from mxt.explainers.base import Explainer
    from mxt.models import Model


@dataclass(frozen=True)
class Explaining(Task):
    """Explain the rows of a part, and draw some of them for importances of the whole table."""

    model: Model
    explainer: Explainer
    drawn: Mapping[int, int]
    """How many rows to draw of the whole table by each seed."""
    target: str | None
    """Column with the truth, if an importance needs it."""
    truth: pd.Series[Any] | None
    """The truth by id, if it comes from a table of its own."""
    record: Record | None
    """The rows that the model was fitted to, if these must not be compared with their targets."""
    reader: Reader

    def extra_columns(self, reader: Reader) -> tuple[str, ...]:
        """Columns to read beside the model's inputs."""
        own = [] if self.target is None or self.truth is not None else [self.target]
        return (*own, *(columns_of([self.record], reader) if self.record else []))

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        explanation = self.model.explain(inputs, self.explainer)
        truth = None
        if self.target is not None and self.truth is None:
            truth = TargetsSchema.check_part(table, self.target, self.reader.source)
        tally = Tally.of(explanation, inputs, self.drawn, truth, self._compared(table))
        return Done(self.model.samples_table(explanation, inputs), {TALLY: stored.to_bytes(tally)})

    def _compared(self, table: pd.DataFrame) -> Membership | None:
        """Which rows the model was fitted to; None if nothing depends on it, or nobody can know."""
        record = self.record
        if record is None or record.fitted is None:
            return None
        if self.truth is not None and record.fitted.target not in table.columns:
            table = table.assign(**{record.fitted.target: joined(self.truth, table.index)})
        return record.compare(table, self.reader)
