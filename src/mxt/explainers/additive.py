"""Additive models, exactly: explainable boosting machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation, fold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor


class AdditiveExplainer(Explainer):
    """Exact contributions of an explainable boosting machine (EBM): the scores of its own terms.

    A term's score is centred by the model itself: its mean over the training rows is 0. A term of one column
    is that column's contribution; a term of several columns is split among them equally. The contributions
    are the Shapley values of a game in which a set of columns is worth the intercept plus every term whose
    columns are all in the set (a term's score is its Harsanyi dividend: Harsanyi 1963, doi:10.2307/2525487).
    No background is needed. Without interactions, the contributions are the SHAP values against the training
    rows, columns taken as independent. Source of the model: Lou et al. 2013, doi:10.1145/2487575.2487579, and
    the package `interpret`.

    Example:
        {KIND: AdditiveExplainer}
    """

    KIND: Literal["AdditiveExplainer"] = "AdditiveExplainer"

    exact: ClassVar[bool] = True

    def serves(self, predictor: Predictor) -> bool:
        core = predictor.core
        own = type(core).__module__.startswith("interpret.")
        return own and hasattr(core, "eval_terms") and hasattr(core, "term_features_")

    def explain(
        self,
        predictor: Predictor,
        inputs: pd.DataFrame,
        background: pd.DataFrame | None,  # noqa: ARG002 - terms are centred already
    ) -> Explanation:
        import numpy as np

        self.require(predictor)
        core, (slope, intercept) = predictor.core, predictor.calibration
        scores = predictor.scores(inputs)
        each = _split(_terms(predictor, inputs), core.term_features_, core.n_features_in_)
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=fold(slope * each, predictor.sources, len(predictor.columns)),
            base=slope * np.asarray(core.intercept_, dtype=float).reshape(-1) + intercept,
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method="terms of the additive model, interactions split equally",
        )


def _terms(predictor: Predictor, inputs: pd.DataFrame) -> np.ndarray:
    """The score of each term, shape (rows, terms, outputs)."""
    import numpy as np

    try:
        scores = np.asarray(predictor.core.eval_terms(predictor.encode(inputs)), dtype=float)
    except (ValueError, TypeError) as error:
        msg = f"The {type(predictor.core).__name__} refuses the inputs; check their columns and types."
        raise ModelError(msg) from error
    return np.expand_dims(scores, -1) if scores.ndim == 2 else scores  # noqa: PLR2004 - rows and terms


def _split(terms: np.ndarray, columns: list[tuple[int, ...]], count: int) -> np.ndarray:
    """Scores of terms, shape (rows, terms, outputs), split equally among the columns of each.

    Args:
        terms: The scores.
        columns: The encoded columns of each term.
        count: Number of encoded columns.
    """
    import numpy as np

    values = np.zeros((len(terms), count, terms.shape[2]))
    for term, own in enumerate(columns):
        for column in own:
            values[:, column] += terms[:, term] / len(own)
    return values
