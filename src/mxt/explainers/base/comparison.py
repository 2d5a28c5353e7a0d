"""Explanations of the same rows by two versions of a model, put side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from mxt.errors import ConfigError, ModelError
from mxt.stats.explanation_diff import Pair

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explanation


@dataclass(frozen=True)
class ExplainedDecisions:
    """What a version decides for each row, and why."""

    version: str
    """What messages call it."""
    decisions: pd.Series[Any]
    """Classes or numbers, in the order of the explanation's rows."""
    explanation: Explanation

    @property
    def decides(self) -> str:
        """What there is to decide."""
        classes = [name for name in self.explanation.outputs if name]
        return f"classes such as {', '.join(classes)}" if classes else "numbers"


@dataclass(frozen=True)
class Compared:
    """Two versions' contributions to the output that the baseline decides for, column by column."""

    pair: Pair
    columns: list[str]
    """Those of the baseline, then those that only the other version has."""
    unit: str


def compared(before: ExplainedDecisions, after: ExplainedDecisions, tolerance: float | None) -> Compared:
    """Put two versions side by side.

    Args:
        before: The baseline.
        after: The other version, which explains the same rows.
        tolerance: Numbers that differ by more are another decision.

    Raises:
        ModelError: They decide between different things, or their contributions are in different units.
        ConfigError: They predict numbers, and there is no tolerance.
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


def decided_outputs(explanation: Explanation, decisions: pd.Series[Any]) -> np.ndarray:
    """The place of the output that each row's decision is explained by, shape (rows,)."""
    import numpy as np

    if len(explanation.outputs) == 1:
        return np.zeros(len(decisions), dtype=np.intp)
    places = {name: place for place, name in enumerate(explanation.outputs)}
    return np.array([places[str(label)] for label in decisions], dtype=np.intp)


def contributions(explanation: Explanation, outputs: np.ndarray) -> np.ndarray:
    """The contributions to one output of each row, shape (rows, columns)."""
    import numpy as np

    return explanation.values[np.arange(len(outputs)), :, outputs]


def cells_of(table: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """The values of each column: doubles, NaN where missing, or texts."""
    import numpy as np
    import pandas as pd

    return [
        table[name].to_numpy(float, na_value=np.nan)
        if pd.api.types.is_numeric_dtype(table[name])
        else table[name].astype(str).to_numpy(object)
        for name in columns
    ]


def _spread(explanation: Explanation, outputs: np.ndarray, columns: list[str]) -> np.ndarray:
    """`contributions` in the order of `columns`; 0 in those that the explanation lacks."""
    import numpy as np

    found = np.zeros((len(outputs), len(columns)))
    places = [columns.index(name) for name in explanation.columns]
    found[:, places] = contributions(explanation, outputs)
    return found


def _refuse_unlike(before: ExplainedDecisions, after: ExplainedDecisions) -> None:
    """Raise a ModelError unless the two can be compared."""
    first, second = before.explanation, after.explanation
    if sorted(first.outputs) != sorted(second.outputs):
        msg = (
            f"{after.version} decides between {after.decides}, and the baseline, {before.version}, between "
            f"{before.decides}; their explanations cannot be compared."
        )
        raise ModelError(msg)
    if first.unit != second.unit:
        _refuse_units(before, after)


def _refuse_units(before: ExplainedDecisions, after: ExplainedDecisions) -> NoReturn:
    msg = (
        f"The contributions of {after.version} are in {after.explanation.unit}, and those of the baseline, "
        f"{before.version}, in {before.explanation.unit}. To have both in probability, write: explainer: "
        "{KIND: AutoExplainer, unit: probability}"
    )
    raise ModelError(msg)
