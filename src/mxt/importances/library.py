"""What a model's own library tells of its columns."""

from __future__ import annotations

from typing import Literal

from mxt.errors import ModelError
from mxt.importances.base import Importance, Measurement, Subject, ranked

_UNITS = {
    "gain": "loss reduction",
    "cover": "hessian",
    "split_count": "splits",
    "impurity": "impurity reduction",
    "coefficient": "score per encoded unit",
    "prediction_change": "percent of prediction change",
}


class LibraryImportance(Importance):
    """The library's own importances: gain, cover and splits of trees, impurity, or sizes of coefficients.

    Those of encoded columns are summed over their source column. An encoding that cannot be traced back
    leaves them out.

    Example:
        {KIND: LibraryImportance}
    """

    KIND: Literal["LibraryImportance"] = "LibraryImportance"

    def measure(self, subject: Subject) -> Measurement:
        import numpy as np
        import pandas as pd

        predictor = subject.predictor
        importances = predictor.importances
        if not importances:
            core = type(predictor.core).__name__
            return Measurement(None, note=f"A {core} has no importances of its own.")
        try:
            sources = predictor.sources
        except ModelError as error:
            return Measurement(None, note=f"The library's own importances are left out. {error}")
        tables = []
        for method, found in importances.items():
            if len(found) != len(sources):
                why = f"there are {len(found)}, and {len(sources)} columns were traced to source columns"
                return Measurement(None, note=f"The library's own importances are left out: {why}.")
            summed = np.bincount(sources, weights=found, minlength=len(predictor.columns))
            tables.append(ranked(predictor.columns, summed, method, _UNITS.get(method, method)))
        return Measurement(pd.concat(tables, ignore_index=True))
