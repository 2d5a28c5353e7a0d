"""The choice of an explainer for a model, by which explainers serve it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.units import Unit, in_probability
from mxt.kinds import members

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mxt.predictors.base import Predictor

_SAMPLING = "PermutationExplainer"


_ENUMERATION = 2
"""The cost from which an explainer evaluates every set of columns."""


class Ways(NamedTuple):
    """What a user writes to give an explainer what it needs, in a config or in Python."""

    background: str
    """For rows that stand for the population."""
    sampling: str
    """For values that are estimated, against a background that the model has."""
    both: str
    """For a background and values that are estimated."""


_BACKGROUND, _ESTIMATED = (
    "background: {KIND: CsvReader, path: ...}",
    "explainer: {KIND: AutoExplainer, sampling: true}",
)
_CALL = (
    "mxt.explain(model, X, background=X_train, explainer=AutoExplainer(sampling=True)), "
    "with AutoExplainer of mxt.explainers.auto"
)
IN_A_CONFIG = Ways(_BACKGROUND, _ESTIMATED, f"{_ESTIMATED} and {_BACKGROUND}")
IN_PYTHON = Ways("mxt.explain(model, X, background=X_train)", _CALL, _CALL)


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
        return self.sampling or self._exact(predictor, against=False) is not None

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        chosen = self.choose(predictor, background)
        explanation = chosen.explain(predictor, inputs, background)
        explanation = replace(explanation, reason=explanation.reason or _reason(chosen, predictor))
        return in_probability(explanation, predictor, inputs) if self.unit == "probability" else explanation

    def choose(
        self, predictor: Predictor, background: pd.DataFrame | None = None, ways: Ways = IN_A_CONFIG
    ) -> Explainer:
        """The explainer that `explain` uses.

        Args:
            predictor: A fitted model.
            background: Rows that stand for the population, if there are any.
            ways: What the message proposes.

        Raises:
            ModelError: No exact explainer serves the model, and sampling is not allowed.
        """
        exact = self._exact(predictor, against=background is not None)
        if exact is not None:
            return exact
        if not self.sampling:
            helps = self._exact(predictor, against=True) is not None
            raise ModelError(" ".join(_advice(predictor, background, ways, helps=helps)))
        return members(Explainer)[_SAMPLING]()

    def _exact(self, predictor: Predictor, *, against: bool) -> Explainer | None:
        """The cheapest exact explainer; one that folds encoded columns needs their source columns.

        Args:
            predictor: A fitted model.
            against: Whether there is a background, without which no sets of columns are evaluated.
        """
        kinds = [kind for name, kind in members(Explainer).items() if name != self.KIND and kind.exact]
        least = 0 if _untraceable(predictor) is None else _ENUMERATION
        most = _ENUMERATION + 1 if against else _ENUMERATION
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


def _advice(
    predictor: Predictor, background: pd.DataFrame | None, ways: Ways, *, helps: bool
) -> Iterator[str]:
    """Why no exact explainer serves a model, and what to write: first a background, if that `helps`."""
    count, why, helped = len(predictor.columns), _untraceable(predictor), ways.background
    alone = " without a background" if helps else f" of {count} columns"
    yield f"No exact explainer serves a {type(predictor.core).__name__}{alone}."
    if why:
        yield why
    if helps:
        yield f"With only {count} columns, a background makes its explanation exact; write: {helped}."
        yield f"To estimate its values by sampling instead, write: {ways.both}"
    else:
        way = ways.both if background is None else ways.sampling
        yield f"To estimate its values by sampling, write: {way}"


def _reason(chosen: Explainer, predictor: Predictor) -> str:
    """Why that explainer was chosen, in a few words."""
    core = type(predictor.core).__name__
    if not chosen.exact:
        return f"no exact explainer serves a {core}, and sampling is allowed"
    if chosen.cost < _ENUMERATION:
        return f"the cheapest exact explainer that serves a {core}"
    return f"no exact explainer knows the form of a {core}, and its columns are few"
