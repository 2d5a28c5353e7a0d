"""Confidence of a classifier, beside its accuracy at that confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.assessments.classes import classes_table
from mxt.metrics.base.answers import Classes, encoded
from mxt.stats.calibration import equal_widths
from mxt.stats.proportions import wilson

if TYPE_CHECKING:
    import pandas as pd

    from mxt.assessments.scores import Drawing, LabelledPredictions

BINS = 10


def confidence_table(classes: Classes) -> pd.DataFrame:
    """Rows, mean confidence and accuracy in each bin of the predicted class's probability.

    The bins are equally wide. Bins below one over the number of classes, where no confidence can fall, are
    left out. Accuracy has Wilson's interval; it is NaN in a bin without rows.
    """
    import numpy as np
    import pandas as pd

    confidence = classes.probabilities("confidence").max(axis=1)
    places = equal_widths(confidence, BINS)
    rows = np.bincount(places, minlength=BINS)
    right = wilson(np.bincount(places, weights=classes.right, minlength=BINS), rows)
    sums = np.bincount(places, weights=confidence, minlength=BINS)
    table = pd.DataFrame(
        {
            "confidence_from": np.arange(BINS) / BINS,
            "confidence_to": np.arange(1, BINS + 1) / BINS,
            "rows": rows,
            "share": rows / len(confidence),
            "mean_confidence": np.divide(sums, rows, out=np.full(BINS, np.nan), where=rows > 0),
            "accuracy": right.estimate,
            "low": right.low,
            "high": right.high,
        }
    )
    least = min(int(BINS / len(classes.names)), int(places.min()))
    return table.iloc[least:].set_index("confidence_from")


def class_tables(
    labelled: LabelledPredictions, drawing: Drawing
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """The tables of classes and of confidence, as far as the model has classes and probabilities."""
    answered = encoded(labelled.truth, labelled.predictions)
    if not isinstance(answered, Classes):
        return None, None
    confidence = None if answered.shares is None else confidence_table(answered)
    return classes_table(answered, drawing), confidence
