"""The right explainer for a model, chosen by what serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.errors import ModelError
from mxt.explainers.base import Explainer, Explanation
from mxt.kinds import members

if TYPE_CHECKING:
    import pandas as pd

    from mxt.predictors.base import Predictor


class AutoExplainer(Explainer):
    """The first exact explainer that serves the model; a sampling one only if `sampling` allows it.

    Example:
        {KIND: AutoExplainer, sampling: true}
    """

    KIND: Literal["AutoExplainer"] = "AutoExplainer"

    exact: ClassVar[bool] = False

    sampling: bool = False
    """Whether values may be estimated by sampling where no exact explainer serves the model."""

    def serves(self, predictor: Predictor) -> bool:
        return self.sampling or self._exact(predictor) is not None

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        return self.choose(predictor).explain(predictor, inputs, background)

    def choose(self, predictor: Predictor) -> Explainer:
        """The explainer that `explain` uses.

        Raises:
            ModelError: No exact explainer serves the model, and sampling is not allowed.
        """
        found = self._exact(predictor)
        if found is not None:
            return found
        if not self.sampling:
            msg = (
                f"No exact explainer serves a {type(predictor.core).__name__}. To estimate its values by "
                "sampling, write: explainer: {KIND: AutoExplainer, sampling: true}"
            )
            raise ModelError(msg)
        return next(kind for kind in self._others() if not kind.exact)

    def _exact(self, predictor: Predictor) -> Explainer | None:
        return next((kind for kind in self._others() if kind.exact and kind.serves(predictor)), None)

    def _others(self) -> list[Explainer]:
        return [kind() for name, kind in members(Explainer).items() if name != self.KIND]
