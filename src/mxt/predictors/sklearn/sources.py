"""The way back through scikit-learn's preprocessing: which source column each encoded column comes from.

Contributions to encoded columns are summed over their source column, so what added up still does. A
KNNImputer or IterativeImputer fills a gap by looking at other columns: what the filled value contributes
counts for the column that had the gap.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

from mxt.errors import ModelError


def trace(step: Any, places: list[int]) -> list[int]:  # noqa: PLR0911 - one line for each kind of step
    """Follow source columns through one fitted preprocessing step.

    Args:
        step: A fitted transformer, or ``"passthrough"``, ``"drop"`` or None.
        places: For each column that enters the step, the position of its source column.

    Returns:
        The same for each column that leaves it.

    Raises:
        ModelError: The step mixes columns, or is of a kind that is not known.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.pipeline import FeatureUnion, Pipeline

    if not places:
        return []
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
        case SelectorMixin():
            return [place for place, kept in zip(places, step.get_support(), strict=True) if kept]
    return _through_encoder(step, places)


def _through_encoder(step: Any, places: list[int]) -> list[int]:  # noqa: PLR0911 - as above
    """Encoders, imputers and scalers of scikit-learn, which make columns of each column."""
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
    from sklearn.preprocessing import (
        FunctionTransformer,
        KBinsDiscretizer,
        OneHotEncoder,
        SplineTransformer,
        TargetEncoder,
    )

    match step:
        case OneHotEncoder():
            return _spread(places, [_width(step, column) for column in range(len(places))])
        case KBinsDiscretizer():
            return places if step.encode == "ordinal" else _spread(places, step.n_bins_)
        case SplineTransformer():
            return _spread(places, [step.n_features_out_ // len(places)] * len(places))
        case TargetEncoder():
            return _spread(places, [len(step.encodings_) // len(places)] * len(places))
        case MissingIndicator():
            return [places[column] for column in step.features_]
        case SimpleImputer() | KNNImputer():
            return _through_imputer(step, places)
        case FunctionTransformer():
            return _through_function(step, places)
        case OneToOneFeatureMixin() if type(step).__name__ not in {"Normalizer", "TfidfTransformer"}:
            return places
    return _through_others(step, places)


def _spread(places: list[int], widths: Any) -> list[int]:
    """Each place as many times as its column has outputs, one column after the other."""
    return [
        *chain.from_iterable(repeat(place, int(width)) for place, width in zip(places, widths, strict=True))
    ]


def _through_columns(step: Any, places: list[int]) -> list[int]:
    """A ColumnTransformer's outputs are its transformers' outputs in the order of their output slices."""
    names = [str(name) for name in getattr(step, "feature_names_in_", range(len(places)))]
    spans = sorted(
        ((step.output_indices_[name], inner, columns) for name, inner, columns in step.transformers_),
        key=lambda span: (span[0].start, span[0].stop),
    )
    return [
        place
        for span, inner, columns in spans
        if span.stop > span.start
        for place in trace(inner, [places[position] for position in _positions(columns, names)])
    ]


def _positions(columns: Any, names: list[str]) -> list[int]:
    """Positions of a ColumnTransformer's columns, given as names, numbers, a slice or a mask."""
    if isinstance(columns, slice):
        return _sliced(columns, names)
    listed = [columns] if isinstance(columns, (str, int)) else list(columns)
    if listed and all(type(item).__name__ in {"bool", "bool_"} for item in listed):
        return [position for position, chosen in enumerate(listed) if chosen]
    return [names.index(item) if isinstance(item, str) else int(item) % len(names) for item in listed]


def _sliced(columns: slice, names: list[str]) -> list[int]:
    """Positions of a slice; one of names includes its last, as pandas has it."""
    start = names.index(columns.start) if isinstance(columns.start, str) else columns.start
    stop = names.index(columns.stop) + 1 if isinstance(columns.stop, str) else columns.stop
    return [*range(len(names))][start : stop : columns.step]


def _width(encoder: Any, column: int) -> int:
    """How many columns a OneHotEncoder makes of its input `column`."""
    rare = encoder.infrequent_categories_[column] if hasattr(encoder, "infrequent_categories_") else None
    count = len(encoder.categories_[column]) - (len(rare) - 1 if rare is not None else 0)
    dropped = encoder.drop_idx_ is not None and encoder.drop_idx_[column] is not None
    return count - int(dropped)


def _through_imputer(step: Any, places: list[int]) -> list[int]:
    """An imputer drops columns that were always missing, and may append indicators."""
    marked = [places[column] for column in step.indicator_.features_] if step.add_indicator else []
    made = list(step.get_feature_names_out())
    given = list(getattr(step, "feature_names_in_", [f"x{column}" for column in range(len(places))]))
    return [*(places[given.index(name)] for name in made[: len(made) - len(marked)]), *marked]


def _through_function(step: Any, places: list[int]) -> list[int]:
    """A function keeps columns apart if it is none, numpy's own for single numbers, or said to be so."""
    import numpy as np

    elementwise = step.func is None or (isinstance(step.func, np.ufunc) and step.func.nin == 1)
    if elementwise or step.feature_names_out == "one-to-one":
        return places
    raise _mixes(step, places)


def _through_others(step: Any, places: list[int]) -> list[int]:
    """Steps that scikit-learn keeps as experimental, category_encoders' encoders, and any step of one source.

    Whatever a step computes from one source column alone comes from that column.
    """
    if type(step).__name__ == "IterativeImputer":
        return _through_imputer(step, places)
    if type(step).__module__.startswith("category_encoders."):
        return _through_category_encoder(step, places)
    made = _outputs(step)
    if len({*places}) == 1 and made is not None:
        return [places[0]] * made
    raise _mixes(step, places)


def _outputs(step: Any) -> int | None:
    """How many columns a fitted transformer makes, or None if it does not tell."""
    if not hasattr(step, "get_feature_names_out"):
        return getattr(step, "n_features", None)  # a HashingVectorizer's
    try:
        return len(step.get_feature_names_out())
    except (AttributeError, ValueError):
        return None


def _through_category_encoder(step: Any, places: list[int]) -> list[int]:
    """An encoder of category_encoders tells in `mapping` which columns it makes of each."""
    inner = getattr(step, "base_n_encoder", None) or getattr(step, "ordinal_encoder", None)
    mappings = [getattr(encoder, "mapping", None) for encoder in (step, inner)]
    wide: Any = next((mapping for mapping in mappings if _is_wide(mapping)), [])
    made_of = {str(name): item["col"] for item in wide for name in item["mapping"].columns}
    given = [str(name) for name in step.feature_names_in_]
    owners = [str(made_of.get(str(name), name)) for name in step.get_feature_names_out()]
    if not {*owners} <= {*given}:
        raise _mixes(step, places)
    return [places[given.index(owner)] for owner in owners]


def _is_wide(mapping: Any) -> bool:
    return isinstance(mapping, list) and all(hasattr(item["mapping"], "columns") for item in mapping)


def _mixes(step: Any, places: list[int]) -> ModelError:
    msg = (
        f"The preprocessing step {type(step).__name__} cannot be traced back to source columns: "
        f"it may mix the {len(places)} columns that enter it."
    )
    return ModelError(msg)
