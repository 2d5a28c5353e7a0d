"""Explanations of margins, converted to probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mxt.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explanation
    from mxt.predictors.base import Predictor

Unit = Literal["margin", "probability"]
"""What contributions add up to: the model's own scores, or a classifier's probabilities."""

NOISE = 1e-5
"""Largest gap allowed between the link of a score and the library's own probability, which may be float32."""


def in_probability(explanation: Explanation, predictor: Predictor, inputs: pd.DataFrame) -> Explanation:
    """Contributions to a classifier's probabilities, from contributions to its scores.

    The result is the path attribution of the link (logistic or softmax) over the contributions to margins,
    see `mxt.stats.links`; it differs from the SHAP values of the probability itself. Base plus contributions
    is the probability. The base is the link of the margins' base, not the mean probability.

    Args:
        explanation: Explanation of the predictor's scores for `inputs`; an explanation of probabilities is
            returned as it is.
        predictor: The model.
        inputs: The rows explained.

    Raises:
        ModelError: The model predicts numbers, or its probabilities are no known function of its scores.
    """
    import numpy as np

    if explanation.unit == "probability":
        return explanation
    link = predictor.link
    if predictor.task != "classification" or link is None:
        raise _refusal(predictor)
    every = predictor.labels_and_probabilities(inputs)[1]
    if every is None:
        raise _refusal(predictor)
    chances = every[:, -len(predictor.outputs) :].astype(float)
    if np.abs(link.apply(explanation.prediction) - chances).max(initial=0) > NOISE:
        raise _refusal(predictor)
    start = np.array(explanation.bases)
    base = link.apply(start)
    return replace(
        explanation,
        values=link.carry(explanation.values, start, start + explanation.totals),
        base=base if explanation.base.ndim > 1 else link.apply(explanation.base[np.newaxis])[0],
        prediction=chances,
        unit="probability",
        method=f"{explanation.method}; through the link to probabilities",
        standard_error=None,
    )


def _refusal(predictor: Predictor) -> ModelError:
    core = type(predictor.core).__name__
    why = f"The probabilities of a {core} are no known function of its scores"
    if predictor.task != "classification":
        why = f"A {core} predicts numbers and has no probabilities"
    return ModelError(f"{why}; leave out unit: probability.")
