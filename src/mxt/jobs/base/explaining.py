"""Explaining the rows of a part, and what is told of all parts together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.datasets.likeness import joined
from mxt.importances.base import rows_by_seed, stored
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
    from mxt.jobs.explanations import ExplanationsJob
    from mxt.models import Model


@dataclass(frozen=True)
class Explaining(Task):
    """Explaining rows."""

    model: Model
    explainer: Explainer
    asked: Mapping[int, int]
    """How many rows to draw by each seed."""
    target: str | None
    """Column with the truth, if it is asked for."""
    truth: pd.Series[Any] | None
    """The truth by id, if it comes from a table of its own."""
    record: Record | None
    """Of the rows that the model was fitted to, if these must not be compared with their targets."""
    reader: Reader

    @classmethod
    def of(
        cls,
        job: ExplanationsJob,
        model: Model,
        target: str | None,
        truth: pd.Series[Any] | None,
        record: Record | None,
    ) -> Explaining:
        """What a job asks for."""
        asked = rows_by_seed(job.importances)
        return cls(model, job.explainer, asked, target, truth, record, job.inputs_samples)

    def beside(self, reader: Reader) -> tuple[str, ...]:
        """Columns to read beside the model's inputs."""
        own = [] if self.target is None or self.truth is not None else [self.target]
        return (*own, *(columns_of([self.record], reader) if self.record else []))

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        explanation = self.model.explain(inputs, self.explainer)
        truth = None
        if self.target is not None and self.truth is None:
            truth = TargetsSchema.check_part(table, self.target, self.reader.source)
        tally = Tally.of(explanation, inputs, self.asked, truth, self._compared(table))
        return Done(self.model.samples_table(explanation, inputs), {TALLY: stored.to_bytes(tally)})

    def _compared(self, table: pd.DataFrame) -> Membership | None:
        """Which rows the model was fitted to, if that is asked for and can be known."""
        record = self.record
        if record is None or record.fitted is None:
            return None
        if self.truth is not None and record.fitted.target not in table.columns:
            table = table.assign(**{record.fitted.target: joined(self.truth, table.index)})
        return record.compare(table, self.reader)
