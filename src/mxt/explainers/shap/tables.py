# ruff: noqa: ANN401 - tables of any sort
"""Tables of every sort that users of shap give: to explain, and to stand for a population."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def frame_of(table: Any, columns: list[str], left_out: float = 0.0) -> pd.DataFrame:
    """A table as a frame whose columns are named as the model's, by place.

    Args:
        table: A frame of pandas, or anything with ``to_pandas``; an array, a matrix that may be sparse, a
            list of rows; one row as a series or array; a DMatrix of xgboost, a Pool of CatBoost, a Dataset
            of LightGBM.
        columns: The model's columns; those of the table are kept if there are none.
        left_out: What a sparse matrix leaves out: zero, or NaN for xgboost. A DMatrix leaves out NaN.

    Returns:
        Shape (rows, columns), with the index of the table if it has one.

    Raises:
        DataError: It has another number of columns, or the model's own in another order.
    """
    import pandas as pd

    found = _frame(table, left_out)
    if not columns:
        return found.set_axis([str(name) for name in found.columns], axis=1)
    given = [str(name) for name in found.columns]
    if len(given) != len(columns):
        msg = f"The model takes {len(columns)} columns; the table has {len(given)}."
        raise DataError(msg)
    if _moved(given, columns):
        msg = "The table has the model's columns in another order; give them as the model does."
        raise DataError(msg)
    return found.set_axis(pd.Index(columns), axis=1)


def _moved(given: list[str], columns: list[str]) -> bool:
    """Whether a column of the model's is elsewhere in the table; LightGBM writes spaces as underscores."""
    named, known = ([name.replace(" ", "_") for name in names] for names in (given, columns))
    return any(name != there and name in known for name, there in zip(named, known, strict=True))


def is_named(table: Any) -> bool:
    """Whether the columns of a table have names."""
    import pandas as pd

    told = _told(table)
    return isinstance(table, pd.DataFrame | pd.Series) if told is None else is_named(told)


def array_of(table: Any) -> np.ndarray:
    """A table's numbers as one array, shape (rows, columns) or (columns,) for one row."""
    import numpy as np
    import pandas as pd

    if isinstance(table, pd.DataFrame | pd.Series):
        return table.to_numpy()
    plain = isinstance(table, list | tuple | np.ndarray)
    return np.asarray(table) if plain else _frame(table, 0.0).to_numpy()


def width_of(table: Any) -> int:
    """How many columns a table of any sort has; the number of cells of a single row."""
    import numpy as np

    own = _told(table)
    return width_of(own) if own is not None else int((getattr(table, "shape", None) or np.shape(table))[-1])


def _frame(table: Any, left_out: float) -> pd.DataFrame:
    import pandas as pd

    told = _told(table)
    if told is not None:
        return _frame(told, float("nan") if "DMatrix" in type(table).__name__ else left_out)
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, pd.Series):
        return table.to_frame().T.infer_objects()
    return pd.DataFrame(_dense(table.tocoo(), left_out)) if hasattr(table, "tocoo") else _from_rows(table)


def _told(table: Any) -> Any:
    """What a library's own table holds, or None for other tables."""
    name = f"{type(table).__module__.partition('.')[0]}.{type(table).__name__}"
    if name in {"xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset"}:
        return table.get_data()
    if name == "catboost.Pool":
        return table.get_features()
    return table.to_pandas() if hasattr(table, "to_pandas") else None


def _from_rows(table: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rows = np.atleast_2d(np.asarray(table))
    if rows.ndim != 2:  # noqa: PLR2004 - rows and columns
        msg = f"A table has rows and columns; the array is of shape {rows.shape}."
        raise DataError(msg)
    frame = pd.DataFrame(rows)
    return frame.infer_objects() if rows.dtype == object else frame


def _dense(sparse: Any, left_out: float) -> np.ndarray:
    import numpy as np

    found = np.full(sparse.shape, left_out, dtype=np.result_type(sparse.dtype, np.float32))
    found[sparse.row, sparse.col] = sparse.data
    return found


def is_row(table: Any) -> bool:
    """Whether it is a single row: a series, or an array or list of numbers."""
    import numpy as np
    import pandas as pd

    return isinstance(table, pd.Series) or (isinstance(table, np.ndarray | list) and np.ndim(table) == 1)


def is_masker(data: Any) -> bool:
    """Whether it is one of shap's maskers."""
    return type(data).__module__.startswith("shap.maskers")


def rows_of(model: Any, data: Any) -> Any:
    """The rows of a background: a table's own, or those of a masker.

    Raises:
        Exception: What shap raises for a masker that a tree explainer cannot take.
    """
    if not is_masker(data):
        return getattr(data, "data", data) if type(data).__name__ == "DenseData" else data
    if type(data).__name__ != "Independent" or data.clustering is not None:
        from shap.explainers._tree import TreeExplainer

        return TreeExplainer(model, data).data
    return data.data


def perturbation(asked: str, *, against_rows: bool) -> str:
    """What absent columns take: the values of a background's rows, or both ways of the trees.

    Args:
        asked: ``auto``, ``interventional`` or ``tree_path_dependent``.
        against_rows: Whether there is a background.

    Raises:
        InvalidFeaturePerturbationError: It is none of the three.
    """
    if asked == "auto":
        return "interventional" if against_rows else "tree_path_dependent"
    if asked == "interventional" and not against_rows:
        msg = (
            "In the future, passing feature_perturbation='interventional' without data to compare with "
            "will raise an error; for now values are tree_path_dependent."
        )
        warnings.warn(msg, FutureWarning, stacklevel=3)
        return "tree_path_dependent"
    if asked not in {"interventional", "tree_path_dependent"}:
        from shap.utils._exceptions import InvalidFeaturePerturbationError

        msg = f"feature_perturbation must be 'auto', 'interventional', or 'tree_path_dependent'. Got {asked}."
        raise InvalidFeaturePerturbationError(msg)
    return asked
