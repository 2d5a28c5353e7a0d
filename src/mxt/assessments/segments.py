"""Segments: the same scores for parts of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.assessments.scores import Drawing, Told, cell_row
from mxt.datasets.groups import Grouping
from mxt.kinds import OneOf
from mxt.metrics.base import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class Segment(Grouping):
    """Groups of the rows, the cells of the segment, and what is scored of each."""

    metrics: tuple[OneOf[Metric], ...] = ()
    """Scores of each cell, with the limits that each cell must keep; those of the job, without limits, if
    left out."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """A cell of fewer rows is insufficient: it gets no score and never fails."""

    def table(
        self, metrics: Sequence[Metric], told: Told, rows: pd.DataFrame, drawing: Drawing
    ) -> pd.DataFrame:
        """One row for each cell and metric: rows, score, interval, and what became of it.

        If a score is about one class, the column `positive` says which.

        Raises:
            ConfigError: The segment does not fit its column.
        """
        import pandas as pd

        chosen = self.metrics or [
            metric.model_copy(update={"minimum": None, "maximum": None}) for metric in metrics
        ]
        classes = told.positives(chosen)
        found = [
            {
                "segment": self.column,
                "cell": cell,
                "metric": metric.label,
                **({"positive": classes.get(metric.label, "")} if classes else {}),
                **cell_row(metric, told.part(of_cell), self.minimum_rows, drawing),
            }
            for cell, of_cell in self.groups(rows).parts()
            for metric in chosen
        ]
        return pd.DataFrame(found)
