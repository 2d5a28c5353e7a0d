"""The categories that a pipeline's encoders know, of source columns in which they refuse all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.sklearn.sources import positions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sklearn.base import BaseEstimator


def categories_of(steps: Sequence[BaseEstimator | str | None], names: list[str]) -> dict[str, pd.Index]:
    """Categories by source column, as far as the first encoder of each column shows them.

    Args:
        steps: Fitted transformers, one after the other.
        names: The source columns that enter the first.
    """
    from sklearn.impute import SimpleImputer

    for step in steps:
        known = _known(step, names)
        passes = step in {None, "passthrough"} or isinstance(step, SimpleImputer)
        if known or not passes:
            return known
    return {}


def _known(step: BaseEstimator | str | None, names: list[str]) -> dict[str, pd.Index]:
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    match step:
        case Pipeline():
            return categories_of([inner for _, inner in step.steps], names)
        case ColumnTransformer():
            known: dict[str, pd.Index] = {}
            for _, inner, columns in step.transformers_:
                known |= _known(inner, [names[place] for place in positions_of(columns, names)])
            return known
        case OneHotEncoder() | OrdinalEncoder() if step.handle_unknown == "error":
            pairs = zip(names, step.categories_, strict=True)
            return {name: pd.Index(categories, dtype=object) for name, categories in pairs}
    return {}
