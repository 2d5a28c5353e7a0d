"""The choice of an explainer for a model, by which explainers serve it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.units import Unit, in_probability
from mxt.kinds import members

if TYPE_CHECKING:
    import pandas as pd

    from mxt.predictors.base import Predictor

_SAMPLING = "PermutationExplainer"
_ENUMERATION = 2
"""The cost from which an explainer evaluates every set of columns."""


class AutoExplainer(Explainer):
    """The cheapest exact explainer that serves the model; a sampling one only if `sampling` allows it.

    Explainers of a model's own form (trees, linear, additive) come first, then explainers of its parts, then
    enumeration of sets of columns, which needs a background and at most 12 columns.

    Example:
        {KIND: AutoExplainer, sampling: true}
    """

    KIND: Literal["AutoExplainer"] = "AutoExplainer"

    exact: ClassVar[bool] = False

    sampling: bool = False
    """Whether values may be estimated by sampling if no exact explainer serves the model."""

    unit: Unit = "margin"
    """Whether contributions add up to the model's own scores or, through its link, to its probabilities."""

    def serves(self, predictor: Predictor) -> bool:
        """Whether it can explain the model without a background, which enumeration would need."""
        return self.sampling or self._exact(predictor, None) is not None

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        chosen = self.choose(predictor, background)
        explanation = chosen.explain(predictor, inputs, background)
        explanation = replace(explanation, reason=explanation.reason or _reason(chosen, predictor))
        return in_probability(explanation, predictor, inputs) if self.unit == "probability" else explanation

    def choose(self, predictor: Predictor, background: pd.DataFrame | None = None) -> Explainer:
        """The explainer that `explain` uses.

        Raises:
            ModelError: No exact explainer serves the model, and sampling is not allowed.
        """
        exact = self._exact(predictor, background)
        if exact is not None:
            return exact
        if not self.sampling:
            why = _untraceable(predictor)
            msg = (
                f"No exact explainer serves a {type(predictor.core).__name__}{f'. {why}' if why else '.'} "
                "To estimate its values by sampling, write: explainer: {KIND: AutoExplainer, sampling: true}"
            )
            raise ModelError(msg)
        return members(Explainer)[_SAMPLING]()

    def _exact(self, predictor: Predictor, background: pd.DataFrame | None) -> Explainer | None:
        """The cheapest exact explainer; one that folds encoded columns needs their source columns."""
        kinds = [kind for name, kind in members(Explainer).items() if name != self.KIND and kind.exact]
        least = 0 if _untraceable(predictor) is None else _ENUMERATION
        most = _ENUMERATION if background is None else _ENUMERATION + 1
        fitting = [kind for kind in kinds if least <= kind.cost < most]
        ranked = (kind() for kind in sorted(fitting, key=lambda kind: kind.cost))
        return next((kind for kind in ranked if kind.serves(predictor)), None)


def _untraceable(predictor: Predictor) -> str | None:
    """Why encoded columns cannot be traced back to source columns, or None if they can."""
    try:
        _ = predictor.sources
    except ModelError as error:
        return str(error)
    return None


def _reason(chosen: Explainer, predictor: Predictor) -> str:
    """Why that explainer was chosen, in a few words."""
    core = type(predictor.core).__name__
    if not chosen.exact:
        return f"no exact explainer serves a {core}, and sampling is allowed"
    if chosen.cost < _ENUMERATION:
        return f"the cheapest exact explainer that serves a {core}"
    return f"no exact explainer knows the form of a {core}, and its columns are few"
