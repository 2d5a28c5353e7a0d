"""Explanations of the same rows by two versions of a model, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, ModelError, named
from mxt.stats.explanation_diff import Pair

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explanation


@dataclass(frozen=True)
class ExplainedDecisions:
    """A version's decision for each row, with the explanation of the rows."""

    version: str
    """The name of the version in messages."""
    decisions: pd.Series
    """Classes or numbers, in the order of the explanation's rows."""
    explanation: Explanation

    @property
    def decides(self) -> str:
        """What the version decides between, in words."""
        classes = [name for name in self.explanation.outputs if name]
        return f"classes such as {', '.join(map(named, classes))}" if classes else "numbers"


@dataclass(frozen=True)
class Compared:
    """Contributions of two versions to the output that the baseline decides for, column by column."""

    pair: Pair
    columns: list[str]
    """The columns of the baseline, then columns that only the other version has."""
    unit: str


def compared(before: ExplainedDecisions, after: ExplainedDecisions, tolerance: float | None) -> Compared:
    """Put the explanations of two versions side by side.

    Args:
        before: The baseline.
        after: The other version, for the same rows.
        tolerance: Predicted numbers that differ by more are different decisions.

    Raises:
        ModelError: The versions have different classes, or contributions in different units.
        ConfigError: The versions predict numbers, and there is no tolerance.
    """
    import numpy as np

    first, second = before.explanation, after.explanation
    _refuse_unlike(before, after)
    classes = first.outputs != [""]
    if not classes and tolerance is None:
        msg = (
            "The model predicts numbers: give the job its `tolerance`, beyond which one is another decision."
        )
        raise ConfigError(msg)
    changed = (
        before.decisions.astype(str).to_numpy() != after.decisions.astype(str).to_numpy()
        if classes
        else np.abs(before.decisions.to_numpy(float) - after.decisions.to_numpy(float)) > tolerance
    )
    columns = list(dict.fromkeys([*first.columns, *second.columns]))
    reached = decided_outputs(first, before.decisions)
    # The same classes may stand in another order.
    matched = np.array([second.outputs.index(name) for name in first.outputs])[reached]
    pair = Pair(
        before=_spread(first, reached, columns),
        after=_spread(second, matched, columns),
        changed_decisions=changed,
        shared=np.array([name in first.columns and name in second.columns for name in columns]),
    )
    return Compared(pair, columns, first.unit)


def decided_outputs(explanation: Explanation, decisions: pd.Series) -> np.ndarray:
    """Position of the output that explains each row's decision, shape (rows,)."""
    import numpy as np

    if len(explanation.outputs) == 1:
        return np.zeros(len(decisions), dtype=np.intp)
    places = {name: place for place, name in enumerate(explanation.outputs)}
    return np.array([places[str(label)] for label in decisions], dtype=np.intp)


def contributions(explanation: Explanation, outputs: np.ndarray) -> np.ndarray:
    """Contributions to one output of each row, shape (rows, columns)."""
    import numpy as np

    return explanation.values[np.arange(len(outputs)), :, outputs]


def cells_of(table: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """The values of each column, as doubles with NaN where missing, or as texts."""
    import numpy as np
    import pandas as pd

    return [
        table[name].to_numpy(float, na_value=np.nan)
        if pd.api.types.is_numeric_dtype(table[name])
        else table[name].astype(str).to_numpy(object)
        for name in columns
    ]


def _spread(explanation: Explanation, outputs: np.ndarray, columns: list[str]) -> np.ndarray:
    """`contributions` in the order of `columns`; 0 in columns that the explanation lacks."""
    import numpy as np

    spread = np.zeros((len(outputs), len(columns)))
    places = [columns.index(name) for name in explanation.columns]
    spread[:, places] = contributions(explanation, outputs)
    return spread


def _refuse_unlike(before: ExplainedDecisions, after: ExplainedDecisions) -> None:
    """Raise a ModelError unless the explanations of two versions can be compared."""
    first, second = before.explanation, after.explanation
    if sorted(first.outputs) != sorted(second.outputs):
        msg = (
            f"{after.version} decides between {after.decides}, and the baseline, {before.version}, between "
            f"{before.decides}; their explanations cannot be compared."
        )
        raise ModelError(msg)
    if first.unit != second.unit:
        msg = (
            f"The contributions of {after.version} are in {second.unit}, and those of the baseline, "
            f"{before.version}, in {first.unit}. To have both in probability, write: explainer: "
            "{KIND: AutoExplainer, unit: probability}"
        )
        raise ModelError(msg)
