"""The input of an xgboost model's trees: numbers as they are, categories as the booster's own codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base.columns import numbers
from mxt.predictors.xgboost.trees import gradient_booster

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import numpy as np
    import pandas as pd
    from scipy.sparse import spmatrix

    from mxt.predictors.xgboost.trees import Document

_LARGEST = 2**24
"""Codes from here on, like codes below zero, are no category to xgboost (src/common/categorical.h)."""


@dataclass(frozen=True)
class Codes:
    """The conversion of a booster's columns to numbers."""

    categorical: frozenset[int]
    """Positions of the columns of categories."""
    stored: dict[int, pd.Index]
    """Categories by code, for each column whose categories the booster knows by name (xgboost >= 3.1)."""
    missing: float
    """A number that stands for a missing value, beside NaN."""

    @classmethod
    def of(cls, document: Document, missing: float | None) -> Codes:
        """Read them from a booster's document.

        Raises:
            ModelError: The document is damaged.
        """
        kinds = document["learner"].get("feature_types") or []
        try:
            columns = gradient_booster(document).get("model", {}).get("cats", {}).get("enc", [])
            stored = {place: _names(column) for place, column in enumerate(columns) if len(column["values"])}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            msg = "The xgboost model is damaged: its categories cannot be read."
            raise ModelError(msg) from error
        places = frozenset(place for place, kind in enumerate(kinds) if kind == "c")
        return cls(places, stored, float("nan") if missing is None else float(missing))

    def encode(
        self, table: pd.DataFrame | np.ndarray | spmatrix, open_columns: AbstractSet[str] = frozenset()
    ) -> np.ndarray:
        """Numbers and codes, float32, shape (rows, columns); missing values are NaN.

        Args:
            table: A frame with categories by name, or a matrix, dense or sparse, with categories by code.
                Cells that a sparse matrix leaves out are missing, as xgboost has it.
            open_columns: Columns of a frame in which categories not seen in training count as missing.

        Raises:
            ModelError: A column is neither numbers nor categories, or one that is not open has a category not
                seen in training.
        """
        import numpy as np
        import pandas as pd

        named = self.stored.keys() if isinstance(table, pd.DataFrame) else set()
        with np.errstate(over="ignore"):  # too large for float32 is infinite, which xgboost refuses
            if isinstance(table, pd.DataFrame):
                matrix = self._from_frame(table, open_columns)
            else:
                matrix = _from_matrix(table)
        matrix[matrix == np.float32(self.missing)] = np.nan
        for place in self.categorical - named:
            codes = matrix[:, place]
            valid = ~((codes < 0) | (codes >= _LARGEST))
            matrix[:, place] = np.where(valid, np.trunc(codes), -1)
        return matrix

    def _from_frame(self, table: pd.DataFrame, open_columns: AbstractSet[str]) -> np.ndarray:
        import numpy as np

        matrix = np.empty(table.shape, dtype=np.float32, order="F")
        for place in range(table.shape[1]):
            column = table.iloc[:, place]
            if place in self.stored:
                known = self.stored[place]
                matrix[:, place] = _codes(column, known, refuse_unseen=column.name not in open_columns)
            elif place in self.categorical:
                matrix[:, place] = _unnamed(column)
            else:
                matrix[:, place] = numbers(column, "xgboost", np.float32)
        return matrix


def _names(column: Document) -> pd.Index:
    """The categories of one column, stored as whole numbers, or as joined texts and where each begins."""
    import numpy as np
    import pandas as pd

    values = np.asarray(column["values"])
    if "offsets" not in column:
        return pd.Index(values.tolist(), dtype=object)
    joined, ends = values.astype(np.uint8).tobytes(), np.asarray(column["offsets"]).tolist()
    return pd.Index([joined[start:end].decode() for start, end in pairwise(ends)], dtype=object)


def _codes(column: pd.Series, stored: pd.Index, *, refuse_unseen: bool) -> np.ndarray:
    """Each value's place among the stored categories, NaN where missing or, if not refused, unseen."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        places, named = column.cat.codes.to_numpy(), column.cat.categories
    else:
        places, named = pd.factorize(column)
    codes = np.append(stored.get_indexer(pd.Index(named).astype(object)), -2)[places]  # -1: missing, the last
    if refuse_unseen and (codes == -1).any():
        unseen = len(np.unique(places[codes == -1]))
        msg = (
            f"The column {column.name!r} holds {unseen} categories that the xgboost model was not trained "
            "on. A job that scores or explains rows takes them as missing with `unseen: missing`."
        )
        raise ModelError(msg)
    return np.where(codes < 0, np.nan, codes)


def _unnamed(column: pd.Series) -> np.ndarray:
    """Codes of a column whose categories the booster does not know by name."""
    import numpy as np
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return numbers(column, "xgboost", np.float32)
    codes = column.cat.codes.to_numpy()
    return np.where(codes < 0, np.nan, codes)


def dense(table: spmatrix) -> np.ndarray:
    """A sparse matrix in full; the cells that it leaves out are missing, as xgboost has it."""
    import numpy as np

    cells = table.tocoo()
    matrix = np.full(cells.shape, np.nan, dtype=np.float32)
    matrix[cells.row, cells.col] = cells.data
    return matrix


def _from_matrix(table: np.ndarray | spmatrix) -> np.ndarray:
    import numpy as np

    try:
        return dense(table) if hasattr(table, "tocoo") else np.array(table, dtype=np.float32)
    except (TypeError, ValueError) as error:
        msg = "The xgboost model takes numbers; the matrix that it is given holds something else."
        raise ModelError(msg) from error
