"""Columns with which a prediction may only rise, or only fall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from mxt.errors import ConfigError, nearest
from mxt.predictors.base.columns import kind_of

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models.base.preparing import Prepared

Monotone: TypeAlias = dict[str, Literal["increasing", "decreasing"]]
"""Whether the prediction may only rise or only fall with a column."""

SIGNS = {"increasing": 1, "decreasing": -1}


def constraints(monotone: Monotone, prepared: Prepared) -> tuple[int, ...]:
    """1, -1 or 0 for each prepared column: whether the prediction rises or falls with it, or either.

    Raises:
        ConfigError: A column is not among the inputs, or has no order.
    """
    for name in monotone:
        _refuse_unordered(name, prepared)
    signs: dict[str, int] = {}
    for source, course in monotone.items():
        signs |= dict.fromkeys(prepared.preparation.step(source).made, SIGNS[course])
    return tuple(signs.get(name, 0) for name in prepared.inputs.columns)


def _refuse_unordered(name: str, prepared: Prepared) -> None:
    """Raise a ConfigError unless a column is one of numbers or booleans."""
    if name not in prepared.sources:
        meant = nearest(name, prepared.sources)
        hint = f"perhaps {meant!r} was meant" if meant else f"there are {', '.join(prepared.sources[:20])}"
        msg = f"monotone: the model has no column {name!r}; {hint}."
        raise ConfigError(msg)
    step = prepared.preparation.step(name)
    holds = "times" if step.parts else _held(prepared.inputs, step.made)
    if holds:
        msg = f"monotone: the column {name!r} holds {holds}, which have no order for the model; leave it out."
        raise ConfigError(msg)


def _held(inputs: pd.DataFrame, made: tuple[str, ...]) -> str:
    """What a column holds if that is neither numbers nor booleans; a column of categories has no order."""
    for name in made:
        categories = hasattr(inputs[name], "cat")
        if categories or kind_of(inputs[name]) not in {"number", "boolean"}:
            return "categories" if categories else "texts"
    return ""
