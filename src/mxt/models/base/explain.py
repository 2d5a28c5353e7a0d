"""Explaining a fitted model in Python, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.explainers.auto import IN_PYTHON, AutoExplainer
from mxt.explainers.shap.tables import frame_of
from mxt.models.base.model import Model
from mxt.predictors.base import Predictor
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.explainers.base import Explainer
    from mxt.explainers.shap.explanation import ShapExplanation
    from mxt.predictors.base.outputs import Label


def explain(
    model: object,
    table: object,
    background: object = None,
    explainer: Explainer | None = None,
    classes: Sequence[Label] = (),
) -> ShapExplanation:
    """How much each source column adds to the prediction of each row.

    Args:
        model: A fitted model of a library that MXT knows, a pipeline of scikit-learn, a `Model`, or a
            function, which is called with tables of the same type as `table`.
        table: Rows to explain: a frame, or an array whose columns are in the model's order.
        background: Rows that stand for the population, for explainers that compare with a background.
        explainer: How to explain; the cheapest exact explainer if left out.
        classes: The labels in the order of the outputs, for functions that give probabilities.

    Returns:
        An explanation that each of shap's plots accepts, with MXT's own in its attribute `explanation`.

    Raises:
        ModelError: No exact explainer serves the model, it needs a background, or a row does not add up.
        DataError: The table does not fit the model.
    """
    from mxt.explainers.shap.explanation import ShapExplanation

    known = model if isinstance(model, Model) else Model(_predictor(model, table, classes))
    if background is not None:
        known = known.with_background(_frame(background, known.predictor))
    inputs = _frame(table, known.predictor)
    if not known.predictor.columns and not len(inputs.columns):
        msg = "The table to explain has no columns."
        raise DataError(msg)
    if explainer is None:
        AutoExplainer().choose(known.predictor, known.background, IN_PYTHON)
    return ShapExplanation(known.explain(inputs, explainer), inputs)


def _predictor(model: object, table: object, classes: Sequence[Label]) -> Predictor:
    """The predictor of a model; if the model has no names of columns, they are taken from the table."""
    if isinstance(model, Predictor):
        return model
    named = _named(table)
    columns = [str(name) for name in (frame_of(table, []) if named is None else named).columns]
    if callable(model) and named is None:
        return predictor_of(lambda rows: model(rows.to_numpy()), columns, classes)
    return predictor_of(model, columns, classes)


def _frame(table: object, predictor: Predictor) -> pd.DataFrame:
    """The rows as a frame: as they are if their columns have names, else with the model's column names."""
    named = _named(table)
    return predictor.labelled(frame_of(table, predictor.columns)) if named is None else named


def _named(table: object) -> pd.DataFrame | None:
    """The table as a frame with texts for column names; None if its columns have no names."""
    import pandas as pd

    frame = table.to_pandas() if hasattr(table, "to_pandas") else table
    return frame.rename(columns=str) if isinstance(frame, pd.DataFrame) else None
