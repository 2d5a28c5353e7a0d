"""Explanations as tables that any tool can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import DataError, ModelError
from mxt.schemas.explanations import SHAPValuesSchema
from mxt.schemas.outputs import PROBABILITY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explanation
    from mxt.predictors.base import Predictor

CLEAR_DIRECTION = 0.3
"""Rank correlation of a column's values with its contributions from which its direction is told."""

_UNITS = {
    "gain": "loss reduction",
    "cover": "hessian",
    "split_count": "splits",
    "impurity": "impurity reduction",
    "coefficient": "score per encoded unit",
    "prediction_change": "percent of the prediction's change",
}


def samples_table(explanation: Explanation, probabilities: pd.DataFrame | None) -> pd.DataFrame:
    """One row for each explained row and output: facts, contributions, residual.

    Where values were sampled, their standard errors follow, a column each; where a surrogate was fitted,
    how well it fits.

    Raises:
        DataError: A source column has the name of a fact, or of another's standard errors.
    """
    import pandas as pd

    told = [] if explanation.standard_error is None else _error_names(explanation)
    clashing = sorted({*explanation.columns} & {*SHAPValuesSchema.FACTS, *told, *(explanation.fit or {})})
    if clashing:
        msg = f"The source columns {clashing} have the names of facts of an explanation; rename them."
        raise DataError(msg)
    parts = [_output_table(explanation, place, probabilities) for place in range(len(explanation.outputs))]
    if len(parts) == 1:
        return parts[0]
    rows = len(explanation.ids)
    order = [row + rows * part for row in range(rows) for part in range(len(parts))]
    return pd.concat(parts).iloc[order]


def _output_table(explanation: Explanation, place: int, probabilities: pd.DataFrame | None) -> pd.DataFrame:
    import pandas as pd

    name = explanation.outputs[place]
    chances = None if probabilities is None else probabilities.get(f"{PROBABILITY}{name}")
    facts = {
        "class": pd.Series(name or None, index=explanation.ids, dtype="str"),
        "prediction": explanation.prediction[:, place],
        "probability": pd.Series(chances, index=explanation.ids, dtype="float64"),
        "base_value": explanation.bases[:, place],
        "unit": explanation.unit,
    }
    after = {"residual": explanation.residual[:, place]}
    after |= {measure: found[:, place] for measure, found in (explanation.fit or {}).items()}
    tables = [
        pd.DataFrame(facts, index=explanation.ids),
        pd.DataFrame(explanation.values[:, :, place], index=explanation.ids, columns=explanation.columns),
        pd.DataFrame(after, index=explanation.ids),
    ]
    if explanation.standard_error is not None:
        errors, names = explanation.standard_error[:, :, place], _error_names(explanation)
        tables.append(pd.DataFrame(errors, index=explanation.ids, columns=names))
    return pd.concat(tables, axis=1)


def _error_names(explanation: Explanation) -> list[str]:
    return [f"{SHAPValuesSchema.STANDARD_ERROR}{name}" for name in explanation.columns]


def importances_table(
    predictor: Predictor, inputs: pd.DataFrame | None, explanation: Explanation | None
) -> pd.DataFrame:
    """One row for each method, class and source column.

    Raises:
        ModelError: The model has no importances of its own, and no samples were explained.
    """
    import numpy as np
    import pandas as pd

    parts = [] if explanation is None or inputs is None else _contributions(explanation, inputs)
    for method, importances in predictor.importances.items():
        summed = np.bincount(predictor.sources, weights=importances, minlength=len(predictor.columns))
        parts.append(_ranked(predictor.columns, summed, method, _UNITS[method], None))
    if not parts:
        msg = f"A {type(predictor.core).__name__} has no importances of its own; explain it with samples."
        raise ModelError(msg)
    return pd.concat(parts, ignore_index=True).astype({"class": "str"})


def _contributions(explanation: Explanation, inputs: pd.DataFrame) -> list[pd.DataFrame]:
    """The mean absolute contribution of each column, a table for each output."""
    import numpy as np

    parts, method = [], "mean_abs_shap" if explanation.additive else "mean_abs_coefficient"
    for place, name in enumerate(explanation.outputs):
        contributions = explanation.values[:, :, place]
        means = np.abs(contributions).mean(axis=0)
        part = _ranked(explanation.columns, means, method, explanation.unit, name or None)
        directions = _directions(inputs[explanation.columns], contributions)
        parts.append(part.assign(direction=part["feature"].map(directions)))
    return parts


def _ranked(
    columns: list[str], importances: np.ndarray, method: str, unit: str, name: str | None
) -> pd.DataFrame:
    import pandas as pd

    total = importances.sum()
    table = pd.DataFrame({"feature": columns, "importance": importances.astype(float)})
    table["share"] = table["importance"] / (total if total > 0 else 1.0)
    table = table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    return table.assign(
        rank=range(1, len(table) + 1), method=method, unit=unit, direction="unknown", **{"class": name}
    )


def _directions(inputs: pd.DataFrame, contributions: np.ndarray) -> dict[str, str]:
    """Whether higher values of a column raise or lower the prediction; categories have no order."""
    import pandas as pd

    told: dict[str, str] = {}
    for place, name in enumerate(inputs.columns):
        column: pd.Series[Any] = inputs[name]
        effect = pd.Series(contributions[:, place], index=inputs.index)
        if not pd.api.types.is_numeric_dtype(column) or column.nunique() < 2 or effect.nunique() < 2:  # noqa: PLR2004 - two to compare
            told[str(name)] = "varies"
            continue
        correlation = column.rank().corr(effect.rank())
        told[str(name)] = (
            "varies" if abs(correlation) < CLEAR_DIRECTION else "raises" if correlation > 0 else "lowers"
        )
    return told
