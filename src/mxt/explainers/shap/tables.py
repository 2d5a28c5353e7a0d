"""Tables of every type that shap accepts, as rows to explain and as a background."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    AnyTable = Any
    """Rows in any form that shap accepts: a frame, an array, a list, a library's own table."""
    AnyModel = Any
    """A fitted model of any library."""

ROWS_AND_COLUMNS = 2
"""Number of dimensions of a table."""


def frame_of(table: AnyTable, columns: list[str], left_out: float = 0.0) -> pd.DataFrame:
    """A table as a frame with the model's column names, matched by position.

    Args:
        table: A frame of pandas, or anything with ``to_pandas``; an array, a matrix that may be sparse, a
            list of rows; one row as a series or array; a DMatrix of xgboost, a Pool of CatBoost, a Dataset
            of LightGBM.
        columns: The model's columns; if there are none, the table's own names are kept.
        left_out: The value of cells that a sparse matrix leaves out: zero, or NaN for xgboost. For a DMatrix
            it is always NaN.

    Returns:
        Shape (rows, columns), with the index of the table if it has one.

    Raises:
        DataError: The table has another number of columns than the model, or its columns in another order.
    """
    import pandas as pd

    frame = _frame(table, left_out)
    given = [str(name) for name in frame.columns]
    if not columns:
        return frame.set_axis(given, axis=1)
    if len(given) != len(columns):
        msg = f"The model takes {len(columns)} columns; the table has {len(given)}."
        raise DataError(msg)
    if _moved(given, columns):
        msg = "The table has the model's columns in another order; give them as the model does."
        raise DataError(msg)
    return frame.set_axis(pd.Index(columns), axis=1)


def _moved(given: list[str], columns: list[str]) -> bool:
    """Whether the table has a model's column at another position; LightGBM writes spaces as underscores."""
    named, known = ([name.replace(" ", "_") for name in names] for names in (given, columns))
    return any(name != there and name in known for name, there in zip(named, known, strict=True))


def is_named(table: AnyTable) -> bool:
    """Whether the columns of a table have names."""
    import pandas as pd

    inner = _unwrapped(table)
    return isinstance(table, pd.DataFrame | pd.Series) if inner is None else is_named(inner)


def array_of(table: AnyTable) -> np.ndarray:
    """A table's numbers as one array, shape (rows, columns) or (columns,) for one row."""
    import numpy as np
    import pandas as pd

    if isinstance(table, pd.DataFrame | pd.Series):
        return cells_of(table)
    plain = isinstance(table, list | tuple | np.ndarray)
    return np.asarray(table) if plain else cells_of(_frame(table, 0.0))


def cells_of(table: pd.DataFrame | pd.Series) -> np.ndarray:
    """The cells as one array, in which those that pandas' nullable types and Arrow's types miss are NaN."""
    import numpy as np
    import pandas as pd

    types = pd.api.types
    if isinstance(table, pd.Series):
        return cells_of(table.to_frame())[:, 0]
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    if not any(_has_own_missing(column.dtype) for column in columns):
        return table.to_numpy()
    plain = {
        place: column.to_numpy(float, na_value=np.nan)
        if (types.is_numeric_dtype(column) or types.is_bool_dtype(column)) and column.isna().any()
        else column.to_numpy()
        for place, column in enumerate(columns)
    }
    cells = pd.DataFrame(plain).to_numpy()
    return np.where(pd.isna(cells), np.nan, cells) if cells.dtype == object else cells


def _has_own_missing(dtype: object) -> bool:
    """Whether a type of pandas misses values by its own ``pd.NA``."""
    import pandas as pd

    return getattr(dtype, "na_value", None) is pd.NA


def width_of(table: AnyTable) -> int:
    """The number of columns of a table of any type, or of cells of a single row."""
    import numpy as np

    inner = _unwrapped(table)
    if inner is not None:
        return width_of(inner)
    return int((getattr(table, "shape", None) or np.shape(table))[-1])


def _frame(table: AnyTable, left_out: float) -> pd.DataFrame:
    import pandas as pd

    inner = _unwrapped(table)
    if inner is not None:
        return _frame(inner, float("nan") if "DMatrix" in type(table).__name__ else left_out)
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, pd.Series):
        return table.to_frame().T.infer_objects()
    return pd.DataFrame(_dense(table.tocoo(), left_out)) if hasattr(table, "tocoo") else _from_rows(table)


def _unwrapped(table: AnyTable) -> AnyTable | None:
    """The data of a library's own table, or None for other tables."""
    name = f"{type(table).__module__.partition('.')[0]}.{type(table).__name__}"
    if name in {"xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset"}:
        return table.get_data()
    if name == "catboost.Pool":
        return table.get_features()
    return table.to_pandas() if hasattr(table, "to_pandas") else None


def _from_rows(table: AnyTable) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rows = np.atleast_2d(np.asarray(table))
    if rows.ndim != ROWS_AND_COLUMNS:
        msg = f"A table has rows and columns; the array is of shape {rows.shape}."
        raise DataError(msg)
    frame = pd.DataFrame(rows)
    return frame.infer_objects() if rows.dtype == object else frame


def _dense(sparse: AnyTable, left_out: float) -> np.ndarray:
    import numpy as np

    dense = np.full(sparse.shape, left_out, dtype=np.result_type(sparse.dtype, np.float32))
    dense[sparse.row, sparse.col] = sparse.data
    return dense


def is_row(table: AnyTable) -> bool:
    """Whether a table is a single row: a series, or an array or list of numbers."""
    import numpy as np
    import pandas as pd

    return isinstance(table, pd.Series) or (isinstance(table, np.ndarray | list) and np.ndim(table) == 1)


def is_masker(data: AnyTable) -> bool:
    """Whether a background is one of shap's maskers."""
    return type(data).__module__.startswith("shap.maskers")


def rows_of(model: AnyModel, data: AnyTable) -> AnyTable:
    """The rows of a background, which is a table or a masker.

    Raises:
        Exception: Shap's own error for a masker that no tree explainer takes.
    """
    if not is_masker(data):
        return getattr(data, "data", data) if type(data).__name__ == "DenseData" else data
    if type(data).__name__ != "Independent" or data.clustering is not None:
        from shap.explainers._tree import TreeExplainer

        return TreeExplainer(model, data).data
    return data.data


def perturbation(name: str, *, against_rows: bool) -> str:
    """How absent columns are treated: by a background, or by training weights along the trees' paths.

    Args:
        name: ``auto``, ``interventional`` or ``tree_path_dependent``.
        against_rows: Whether there is a background.

    Raises:
        InvalidFeaturePerturbationError: The name is none of the three.
    """
    if name == "auto":
        return "interventional" if against_rows else "tree_path_dependent"
    if name == "interventional" and not against_rows:
        msg = (
            "In the future, passing feature_perturbation='interventional' without data to compare with "
            "will raise an error; for now values are tree_path_dependent."
        )
        warnings.warn(msg, FutureWarning, stacklevel=3)
        return "tree_path_dependent"
    if name not in {"interventional", "tree_path_dependent"}:
        from shap.utils._exceptions import InvalidFeaturePerturbationError

        msg = f"feature_perturbation must be 'auto', 'interventional', or 'tree_path_dependent'. Got {name}."
        raise InvalidFeaturePerturbationError(msg)
    return name
