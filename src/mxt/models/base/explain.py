"""Explaining a fitted model in Python, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.explainers.shap.tables import frame_of
from mxt.models.base.model import Model
from mxt.predictors.base import Predictor
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.explainers.base import Explainer
    from mxt.explainers.shap.explanation import ShapExplanation


def explain(
    model: Any,
    table: Any,
    background: Any = None,
    explainer: Explainer | None = None,
    classes: Sequence[Any] = (),
) -> ShapExplanation:
    """How much each source column adds to the prediction of each row.

    Args:
        model: A fitted model of a library that MXT knows, a pipeline of scikit-learn, a `Model`, or a
            function of a table of the sort that is given.
        table: Rows to explain: a frame, or an array whose columns are in the model's order.
        background: Rows that stand for the population, for explainers that compare with some.
        explainer: How to explain; the cheapest exact way if left out.
        classes: The labels in the order of the outputs, for functions that give probabilities.

    Returns:
        An explanation that each of shap's plots takes, and that keeps MXT's in `explanation`.

    Raises:
        ModelError: No exact explainer serves the model, it needs a background, or a row does not add up.
        DataError: The table does not fit the model.
    """
    from mxt.explainers.shap.explanation import ShapExplanation

    known = model if isinstance(model, Model) else Model(_predictor(model, table, [*classes]))
    if background is not None:
        known = known.with_background(_frame(background, known.predictor))
    inputs = _frame(table, known.predictor)
    return ShapExplanation(known.explain(inputs, explainer), inputs)


def _predictor(model: Any, table: Any, classes: list[Any]) -> Predictor:
    """What serves the model; the table's names are those of a model that knows none."""
    if isinstance(model, Predictor):
        return model
    named = _named(table)
    columns = [str(name) for name in (frame_of(table, []) if named is None else named).columns]
    plain = callable(model) and named is None
    return predictor_of((lambda rows: model(rows.to_numpy())) if plain else model, columns, classes)


def _frame(table: Any, predictor: Predictor) -> pd.DataFrame:
    """The rows as a frame: as they are if their columns have names, else with the model's names."""
    named = _named(table)
    return predictor.labelled(frame_of(table, predictor.columns)) if named is None else named


def _named(table: Any) -> pd.DataFrame | None:
    """The frame, with texts for names, if the table's columns have names."""
    import pandas as pd

    frame = table.to_pandas() if hasattr(table, "to_pandas") else table
    return frame.rename(columns=str) if isinstance(frame, pd.DataFrame) else None
