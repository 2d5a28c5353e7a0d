"""Explanations of samples as a table that any tool can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.schemas.explanations import SHAPValuesSchema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explanation


def samples_table(explanation: Explanation, probabilities: np.ndarray | None) -> pd.DataFrame:
    """One row for each explained row and output: facts, contributions, residual.

    A contribution has the name of its source column, and "_contribution" behind it if that is the name of
    another column of the table.

    If values were sampled, the degrees of freedom and the standard error of each column follow; if a
    surrogate was fitted, the measures of its fit.

    Args:
        explanation: The explanation to write.
        probabilities: Probabilities of the outputs, shape (rows, outputs), if the model gives any.
    """
    import pandas as pd

    parts = [_output_table(explanation, place, probabilities) for place in range(len(explanation.outputs))]
    if len(parts) == 1:
        return parts[0]
    rows = len(explanation.ids)
    order = [row + rows * part for row in range(rows) for part in range(len(parts))]
    return pd.concat(parts).iloc[order]


def _output_table(explanation: Explanation, place: int, probabilities: np.ndarray | None) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    name = explanation.outputs[place]
    chances = None if probabilities is None else probabilities[:, place]
    facts = {
        "class": pd.Series(name or None, index=explanation.ids, dtype="str"),
        "prediction": explanation.prediction[:, place],
        "probability": pd.Series(chances, index=explanation.ids, dtype="float64"),
        "base_value": explanation.bases[:, place],
        "unit": explanation.unit,
    }
    after = {"residual": explanation.residual[:, place]}
    after |= {measure: fit[:, place] for measure, fit in (explanation.fit or {}).items()}
    if explanation.standard_error is not None:
        after[SHAPValuesSchema.FREEDOM] = np.full(len(explanation.ids), explanation.freedom)
    tables = [
        pd.DataFrame(facts, index=explanation.ids),
        pd.DataFrame(explanation.values[:, :, place], index=explanation.ids, columns=_names(explanation)),
        pd.DataFrame(after, index=explanation.ids),
    ]
    if explanation.standard_error is not None:
        errors, names = explanation.standard_error[:, :, place], _error_names(explanation)
        tables.append(pd.DataFrame(errors, index=explanation.ids, columns=names))
    return pd.concat(tables, axis=1)


def _names(explanation: Explanation) -> list[str]:
    """Names of the contributions' columns, which no other column of the table has."""
    sampled = explanation.standard_error is not None
    errors = [SHAPValuesSchema.FREEDOM, *_error_names(explanation)] if sampled else []
    taken = {*SHAPValuesSchema.FACTS, *errors, *(explanation.fit or {})}
    names: list[str] = []
    for source in explanation.columns:
        name = source
        while name in taken or (name != source and name in explanation.columns):
            name += "_contribution"
        names.append(name)
    return names


def _error_names(explanation: Explanation) -> list[str]:
    return [f"{SHAPValuesSchema.STANDARD_ERROR}{name}" for name in explanation.columns]
