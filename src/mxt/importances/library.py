"""A model's importances as its own library computes them."""

from __future__ import annotations

from typing import Literal

from mxt.errors import ModelError
from mxt.importances.base import Basis, Importance, Measurement, ranked

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

    Importances of encoded columns are summed over their source column. If an encoding cannot be traced back
    to source columns, the library's importances are left out.

    Example:
        {KIND: LibraryImportance}
    """

    KIND: Literal["LibraryImportance"] = "LibraryImportance"

    def measure(self, basis: Basis) -> Measurement:
        import numpy as np
        import pandas as pd

        predictor = basis.predictor
        importances = predictor.importances
        if not importances:
            core = type(predictor.core).__name__
            return Measurement(None, note=f"A {core} has no importances of its own.")
        try:
            sources = predictor.sources
        except ModelError as error:
            return Measurement(None, note=f"The library's own importances are left out. {error}")
        tables = []
        for method, encoded in importances.items():
            if len(encoded) != len(sources):
                why = f"there are {len(encoded)}, and {len(sources)} columns were traced to source columns"
                return Measurement(None, note=f"The library's own importances are left out: {why}.")
            summed = np.bincount(sources, weights=encoded, minlength=len(predictor.columns))
            tables.append(ranked(predictor.columns, summed, method, _UNITS.get(method, method)))
        return Measurement(pd.concat(tables, ignore_index=True))
