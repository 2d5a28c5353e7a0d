"""Segments: scores of groups of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.assessments.scores import Drawing, LabelledPredictions, cell_row
from mxt.datasets.groups import Grouping
from mxt.kinds import OneOf
from mxt.metrics.base import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class Segment(Grouping):
    """A grouping of the rows into cells, and the scores of each cell."""

    metrics: tuple[OneOf[Metric], ...] = ()
    """Scores of each cell, with the limits that each cell must keep; if left out, the scores of the job,
    without limits."""

    minimum_rows: Annotated[int, Field(ge=2)] = 100
    """A cell of fewer rows is insufficient: it gets no score and never fails."""

    def table(
        self, metrics: Sequence[Metric], labelled: LabelledPredictions, rows: pd.DataFrame, drawing: Drawing
    ) -> pd.DataFrame:
        """Rows, score, interval and outcome of each metric in each cell.

        If a score is about one class, the column `positive` holds the class.

        Raises:
            ConfigError: The segment does not fit its column.
        """
        import pandas as pd

        chosen = self.metrics or [
            metric.model_copy(update={"minimum": None, "maximum": None}) for metric in metrics
        ]
        classes = labelled.positives(chosen)
        scores = [
            {
                "segment": self.column,
                "cell": cell,
                "metric": metric.label,
                **({"positive": classes.get(metric.label, "")} if classes else {}),
                **cell_row(metric, labelled.part(of_cell), self.minimum_rows, drawing),
            }
            for cell, of_cell in self.groups(rows).parts()
            for metric in chosen
        ]
        return pd.DataFrame(scores)
