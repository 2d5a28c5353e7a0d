"""An evaluation of a small table, for tests of its page and charts."""

from __future__ import annotations

import pandas as pd

from metrics.tables import classified
from mxt.assessments.classes import classes_table
from mxt.assessments.confidence import confidence_table
from mxt.assessments.scores import Drawing, LabelledPredictions, scores_table
from mxt.assessments.segments import Segment
from mxt.metrics.base.answers import Classes, encoded
from mxt.metrics.sklearn import SklearnMetric
from mxt.pages.evaluations import Evaluation

DRAWING = Drawing(resamples=200)
TRUTH, TABLE = classified(["No", "Yes"], 320)


PARTS = pd.DataFrame({"part": ["a"] * 150 + ["b"] * 150 + ["c"] * 20}, TRUTH.index)


def evaluation(minimum: float, cell_minimum: float) -> Evaluation:
    labelled = LabelledPredictions(TRUTH, TABLE)
    metrics = [SklearnMetric(name="accuracy", minimum=minimum), SklearnMetric(name="f1")]
    segment = Segment(column="part", metrics=(SklearnMetric(name="accuracy", minimum=cell_minimum),))
    cells = segment.table(metrics, labelled, PARTS, DRAWING)
    coded = encoded(TRUTH, TABLE)
    assert isinstance(coded, Classes)
    return Evaluation(
        "churn version 1",
        len(TRUTH),
        scores_table(metrics, labelled, DRAWING),
        cells.set_index(["segment", "cell"]),
        classes_table(coded, DRAWING),
        confidence_table(coded),
        None,
        "",
    )
