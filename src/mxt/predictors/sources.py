"""The way back through scikit-learn's preprocessing: which source column each encoded column comes from."""

from __future__ import annotations

from itertools import chain
from typing import Any

from mxt.errors import ModelError


def trace(step: Any, places: list[int]) -> list[int]:  # noqa: C901, PLR0911 - one line for each kind of step
    """Follow source columns through one fitted preprocessing step.

    Args:
        step: A fitted transformer, or ``"passthrough"``, ``"drop"`` or None.
        places: For each column that enters the step, the position of its source column.

    Returns:
        The same for each column that leaves it.

    Raises:
        ModelError: The step mixes columns, or is of a kind that is not known.
    """
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

    match step:
        case None | "passthrough":
            return places
        case "drop":
            return []
        case Pipeline():
            for _, inner in step.steps:
                places = trace(inner, places)
            return places
        case ColumnTransformer():
            return _through_columns(step, places)
        case FeatureUnion():
            return [place for _, inner in step.transformer_list for place in trace(inner, places)]
        case OneHotEncoder():
            counts = [_width(step, column) for column in range(len(places))]
            return [place for place, count in zip(places, counts, strict=True) for _ in range(count)]
        case SelectorMixin():
            return [place for place, kept in zip(places, step.get_support(), strict=True) if kept]
        case SimpleImputer():
            return _through_imputer(step, places)
        case OneToOneFeatureMixin() | FunctionTransformer(feature_names_out="one-to-one"):
            return places
    msg = f"The preprocessing step {type(step).__name__} cannot be traced back to source columns."
    raise ModelError(msg)


def _through_columns(step: Any, places: list[int]) -> list[int]:
    """A ColumnTransformer's outputs are its transformers' outputs in the order of their output slices."""
    names = [str(name) for name in getattr(step, "feature_names_in_", range(len(places)))]
    spans = sorted(
        (step.output_indices_[name].start, name, inner, columns)
        for name, inner, columns in step.transformers_
    )
    return [
        place
        for _, _, inner, columns in spans
        for place in trace(inner, [places[position] for position in _positions(columns, names)])
    ]


def _positions(columns: Any, names: list[str]) -> list[int]:
    """Positions of a ColumnTransformer's columns, given as names, numbers, a slice or a mask."""
    if isinstance(columns, slice):
        return [*range(len(names))][columns]
    listed = [columns] if isinstance(columns, (str, int)) else list(columns)
    if listed and all(type(item).__name__ in {"bool", "bool_"} for item in listed):
        return [position for position, chosen in enumerate(listed) if chosen]
    return [names.index(item) if isinstance(item, str) else int(item) for item in listed]


def _width(encoder: Any, column: int) -> int:
    """How many columns a OneHotEncoder makes of its input `column`."""
    rare = encoder.infrequent_categories_[column] if hasattr(encoder, "infrequent_categories_") else None
    count = len(encoder.categories_[column]) - (len(rare) - 1 if rare is not None else 0)
    dropped = encoder.drop_idx_ is not None and encoder.drop_idx_[column] is not None
    return count - int(dropped)


def _through_imputer(step: Any, places: list[int]) -> list[int]:
    """A SimpleImputer drops columns that were always missing, and may append indicators."""
    import pandas as pd

    kept = places
    if not step.keep_empty_features:
        kept = [place for place, value in zip(places, step.statistics_, strict=True) if not pd.isna(value)]
    indicators = [places[column] for column in step.indicator_.features_] if step.add_indicator else []
    return [*chain(kept, indicators)]
