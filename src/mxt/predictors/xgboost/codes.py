"""The input of an xgboost model's trees: numbers as they are, categories as the booster's own codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base.columns import numbers
from mxt.predictors.xgboost.names import UNCLEAR, UNSEEN, Names
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
    stored: dict[int, Names]
    """Names of categories, for each column whose categories the booster knows by name (xgboost >= 3.1)."""
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
            stored = {
                place: Names.read(column) for place, column in enumerate(columns) if len(column["values"])
            }
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


def _codes(column: pd.Series, stored: Names, *, refuse_unseen: bool) -> np.ndarray:
    """The code of each value by its name, NaN where missing or, if not refused, unseen."""
    import numpy as np
    import pandas as pd

    own: list[object] = []
    if isinstance(column.dtype, pd.CategoricalDtype):
        places, declared = column.cat.codes.to_numpy(), list(column.cat.categories.astype(object))
        own = declared
    else:
        places, values = pd.factorize(column)
        places, declared = np.asarray(places), list(pd.Index(values).astype(object))
    used = np.unique(places[places >= 0])
    known = stored.codes_of([declared[place] for place in used], own)
    _refuse(str(column.name), known, stored, refuse_unseen=refuse_unseen)
    codes = np.full(len(declared) + 1, np.nan)  # the last is missing
    codes[used] = np.where(known < 0, np.nan, known)
    return codes[places]


def _refuse(column: str, known: np.ndarray, stored: Names, *, refuse_unseen: bool) -> None:
    """Raise a ModelError if values are no categories, or perhaps none."""
    unseen, unclear = int((known == UNSEEN).sum()), int((known == UNCLEAR).sum())
    if unclear:
        msg = (
            f"The column {column!r} holds {unclear} categories that the xgboost model does not know for "
            f"certain: xgboost has cut {len(stored.cut)} of the names that it stored, as it does in release "
            "3.2 if names are not ASCII. Train the model with xgboost 3.4 or with names in ASCII; in Python, "
            "the categories of the training in their order may do too, as a pandas categorical."
        )
        raise ModelError(msg)
    if unseen and refuse_unseen:
        msg = f"The column {column!r} holds {unseen} categories that the xgboost model was not trained on."
        what = (
            "leaves their rows out with `rejected`"
            if stored.cut
            else "takes them as missing with `unseen: missing`"
        )
        msg += f" A job that scores or explains rows {what}."
        raise ModelError(msg)


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
