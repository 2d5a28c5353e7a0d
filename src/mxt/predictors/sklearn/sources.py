"""The source column of each encoded column, traced through scikit-learn's preprocessing.

Contributions of encoded columns are summed over their source column, which keeps their total. A KNNImputer
or IterativeImputer fills a gap from other columns: the contribution of the filled value counts for the
column that had the gap.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.base import BaseEstimator
    from sklearn.preprocessing import OneHotEncoder

    Chosen = str | int | slice | Sequence[str | int | bool]


def trace(  # noqa: PLR0911 - one line for each kind of step
    step: BaseEstimator | str | None, places: list[int], width: int | None = None
) -> list[int]:
    """Follow source columns through one fitted preprocessing step.

    A step of known width that one source column enters may do anything: all it makes comes from that column.

    Args:
        step: A fitted transformer, or ``"passthrough"``, ``"drop"`` or None.
        places: For each column that enters the step, the position of its source column.
        width: Number of columns that leave the step; None if what surrounds the step does not know it.

    Returns:
        For each column that leaves the step, the position of its source column.

    Raises:
        ModelError: The step mixes columns, or is of an unknown class.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.pipeline import FeatureUnion, Pipeline

    if not places:
        return []
    if width is not None and len({*places}) == 1:
        return [places[0]] * width
    match step:
        case None | "passthrough":
            return places
        case "drop":
            return []
        case Pipeline():
            return trace_all([inner for _, inner in step.steps], places, width)
        case ColumnTransformer():
            return _through_columns(step, places)
        case FeatureUnion():
            return [place for _, inner in step.transformer_list for place in trace(inner, places)]
        case SelectorMixin():
            return [place for place, kept in zip(places, step.get_support(), strict=True) if kept]
    return _through_encoder(step, places)


def trace_all(steps: Sequence[BaseEstimator | str | None], places: list[int], width: int | None) -> list[int]:
    """Follow source columns through steps that are done one after the other, as `trace` does through one.

    The width of a step's output is what the next step takes.
    """
    if width is not None and len({*places}) == 1:
        return [places[0]] * width
    taken = [getattr(step, "n_features_in_", None) for step in steps[1:]]
    for step, left in zip(steps, [*taken, width], strict=True):
        places = trace(step, places, left)
    return places


def _through_encoder(step: BaseEstimator, places: list[int]) -> list[int]:  # noqa: PLR0911 - as above
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


def _spread(places: list[int], widths: Sequence[int]) -> list[int]:
    """Each place repeated for every output of its column, one column after the other."""
    return [
        *chain.from_iterable(repeat(place, int(width)) for place, width in zip(places, widths, strict=True))
    ]


def _through_columns(step: BaseEstimator, places: list[int]) -> list[int]:
    """The outputs of a ColumnTransformer: those of its transformers, in the order of their output slices."""
    names = [str(name) for name in getattr(step, "feature_names_in_", range(len(places)))]
    spans = sorted(
        ((step.output_indices_[name], inner, columns) for name, inner, columns in step.transformers_),
        key=lambda span: (span[0].start, span[0].stop),
    )
    return [
        place
        for span, inner, columns in spans
        if span.stop > span.start
        for place in trace(
            inner, [places[position] for position in positions_of(columns, names)], span.stop - span.start
        )
    ]


def positions_of(columns: Chosen, names: list[str]) -> list[int]:
    """Positions of a ColumnTransformer's columns, given as names, numbers, a slice or a mask."""
    if isinstance(columns, slice):
        return _sliced(columns, names)
    listed = [columns] if isinstance(columns, (str, int)) else list(columns)
    if listed and all(type(item).__name__ in {"bool", "bool_"} for item in listed):
        return [position for position, chosen in enumerate(listed) if chosen]
    return [names.index(item) if isinstance(item, str) else int(item) % len(names) for item in listed]


def _sliced(columns: slice, names: list[str]) -> list[int]:
    """Positions of a slice; a slice of names includes its last name, as in pandas."""
    start = names.index(columns.start) if isinstance(columns.start, str) else columns.start
    stop = names.index(columns.stop) + 1 if isinstance(columns.stop, str) else columns.stop
    return [*range(len(names))][start : stop : columns.step]


def _width(encoder: OneHotEncoder, column: int) -> int:
    """Number of columns that a OneHotEncoder makes of its input `column`."""
    rare = encoder.infrequent_categories_[column] if hasattr(encoder, "infrequent_categories_") else None
    count = len(encoder.categories_[column]) - (len(rare) - 1 if rare is not None else 0)
    dropped = encoder.drop_idx_ is not None and encoder.drop_idx_[column] is not None
    return count - int(dropped)


def _through_imputer(step: BaseEstimator, places: list[int]) -> list[int]:
    """The outputs of an imputer, which drops columns that were always missing and may append indicators."""
    marked = [places[column] for column in step.indicator_.features_] if step.add_indicator else []
    made = list(step.get_feature_names_out())
    given = list(getattr(step, "feature_names_in_", [f"x{column}" for column in range(len(places))]))
    return [*(places[given.index(name)] for name in made[: len(made) - len(marked)]), *marked]


def _through_function(step: BaseEstimator, places: list[int]) -> list[int]:
    """The outputs of a FunctionTransformer, of one source column, elementwise, or declared one-to-one."""
    import numpy as np

    known = (None, np.nan_to_num, np.round, np.clip)
    ufunc = isinstance(step.func, np.ufunc) and step.func.nin == 1
    if ufunc or any(step.func is one for one in known) or step.feature_names_out == "one-to-one":
        return places
    return _through_one(
        step,
        places,
        "If its function treats each column alone, give each a FunctionTransformer of its own in a "
        "ColumnTransformer, or declare it: feature_names_out='one-to-one'.",
    )


def _through_others(step: BaseEstimator, places: list[int]) -> list[int]:
    """Outputs of an IterativeImputer, of an encoder of category_encoders, or of any step with one source."""
    if type(step).__name__ == "IterativeImputer":
        return _through_imputer(step, places)
    if type(step).__module__.startswith("category_encoders."):
        return _through_category_encoder(step, places)
    return _through_one(step, places)


def _through_one(step: BaseEstimator, places: list[int], advice: str = "") -> list[int]:
    """The outputs of any step that one source column enters.

    Raises:
        ModelError: Several enter, or nobody knows how many columns the step makes.
    """
    made = _outputs(step)
    if len({*places}) > 1:
        raise _mixes(step, places, advice)
    if made is not None:
        return [places[0]] * made
    msg = (
        f"The preprocessing step {type(step).__name__} does not say how many columns it makes; "
        "give its class the method get_feature_names_out, or put it into a ColumnTransformer."
    )
    raise ModelError(msg)


def _outputs(step: BaseEstimator) -> int | None:
    """Number of columns that a fitted transformer makes, or None if it does not report it."""
    if not hasattr(step, "get_feature_names_out"):
        return getattr(step, "n_features", None)  # a HashingVectorizer's
    try:
        return len(step.get_feature_names_out())
    except (AttributeError, ValueError):
        return None


def _through_category_encoder(step: BaseEstimator, places: list[int]) -> list[int]:
    """The outputs of an encoder of category_encoders, which lists in `mapping` the columns made of each."""
    inner = getattr(step, "base_n_encoder", None) or getattr(step, "ordinal_encoder", None)
    mappings = [getattr(encoder, "mapping", None) for encoder in (step, inner)]
    wide = next((mapping for mapping in mappings if _is_wide(mapping)), None) or []
    made_of = {str(name): item["col"] for item in wide for name in item["mapping"].columns}
    given = [str(name) for name in step.feature_names_in_]
    owners = [str(made_of.get(str(name), name)) for name in step.get_feature_names_out()]
    if not {*owners} <= {*given}:
        raise _mixes(step, places)
    return [places[given.index(owner)] for owner in owners]


def _is_wide(mapping: object) -> bool:
    return isinstance(mapping, list) and all(hasattr(item["mapping"], "columns") for item in mapping)


def _mixes(step: BaseEstimator, places: list[int], advice: str = "") -> ModelError:
    msg = (
        f"The preprocessing step {type(step).__name__} cannot be traced back to source columns: "
        f"it may mix the {len(places)} columns that enter it.{f' {advice}' if advice else ''}"
    )
    return ModelError(msg)
