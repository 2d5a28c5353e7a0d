"""Models made of models, exactly: the explanations of their parts, put together as the parts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from mxt.explainers.base import Explainer, Explanation, fold
from mxt.kinds import OneOf

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Component, Predictor


class CompositeExplainer(Explainer):
    """Votes, stacks with a linear last model, bags and calibrations, from exact values of their parts.

    A part that enters by its margins is exact in the sense of its own explainer. A part that enters through
    a link, such as a probability that is averaged, is carried by path attribution of the link over its
    exact contributions (`mxt.stats.links`): they add up to the whole's prediction, but are not the SHAP
    values of the whole taken as one game. Trees that give probabilities, as forests do, need no link.

    Example:
        {KIND: CompositeExplainer, parts: {KIND: AutoExplainer}}
    """

    KIND: Literal["CompositeExplainer"] = "CompositeExplainer"

    exact: ClassVar[bool] = True

    cost: ClassVar[int] = 1

    parts: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How each part is explained, by an exact explainer."""

    def serves(self, predictor: Predictor) -> bool:
        composition = predictor.parts
        exact = self.parts.exact or getattr(self.parts, "sampling", True) is False
        if composition is None or not exact:
            return False
        return all(self.parts.serves(part.predictor) for part in composition.parts)

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        import numpy as np

        self.require(predictor)
        composition = predictor.parts
        assert composition is not None  # noqa: S101 - as `require` has seen
        seen = predictor.seen(inputs)
        known = None if background is None else predictor.seen(background)
        columns, outputs, sources = len(predictor.columns), len(predictor.outputs), predictor.sources
        values = np.zeros((len(inputs), columns, outputs))
        base = composition.intercept
        methods = set()
        for part in composition.parts:
            explanation = self.parts.explain(part.predictor, seen, known)
            methods.add(explanation.method)
            carried, start = _carried(part, explanation)
            values += fold(carried, [sources[place] for place in part.places], columns)
            base = base + start
        scores = predictor.scores(inputs)
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=values,
            base=base,
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method=f"{len(composition.parts)} models through their links ({', '.join(sorted(methods))})",
        )


def _carried(part: Component, explanation: Explanation) -> tuple[np.ndarray, np.ndarray]:
    """What a part contributes to the whole, shape (rows, part's columns, outputs), and where it starts.

    The start has the shape (outputs,), or (rows, outputs) if rows differ.
    """
    import numpy as np

    start = np.array(explanation.bases)
    end = start + explanation.totals
    carried = part.link.carry(explanation.values, start, end) @ part.weights
    common = explanation.base.ndim == 1
    told = part.link.apply(explanation.base[np.newaxis] if common else start) @ part.weights
    return carried, told[0] if common else told
