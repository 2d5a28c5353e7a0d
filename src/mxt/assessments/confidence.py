"""Confidence: how sure a classifier is, and how often it is right then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.stats.calibration import equal_widths
from mxt.stats.proportions import wilson

if TYPE_CHECKING:
    import pandas as pd

    from mxt.metrics.base.answers import Classes

BINS = 10


def confidence_table(found: Classes) -> pd.DataFrame:
    """One row for each bin of the predicted class's probability: rows, mean confidence, and accuracy.

    The bins are equally wide, and those that no confidence can fall in, below one over the number of classes,
    are left out. Accuracy has Wilson's interval; it is NaN in a bin without rows.
    """
    import numpy as np
    import pandas as pd

    shares = found.probabilities("confidence").max(axis=1)
    places = equal_widths(shares, BINS)
    rows = np.bincount(places, minlength=BINS)
    right = wilson(np.bincount(places, weights=found.right, minlength=BINS), rows)
    sums = np.bincount(places, weights=shares, minlength=BINS)
    table = pd.DataFrame(
        {
            "confidence_from": np.arange(BINS) / BINS,
            "confidence_to": np.arange(1, BINS + 1) / BINS,
            "rows": rows,
            "share": rows / len(shares),
            "mean_confidence": np.divide(sums, rows, out=np.full(BINS, np.nan), where=rows > 0),
            "accuracy": right.estimate,
            "low": right.low,
            "high": right.high,
        }
    )
    least = min(int(BINS / len(found.names)), int(places.min()))
    return table.iloc[least:].set_index("confidence_from")
