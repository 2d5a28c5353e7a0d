"""Models made of models, exactly: explanations of their parts, combined as the model combines the parts."""

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

    If a part enters the model by its margins, its contributions are exact in the sense of its own explainer.
    If a part enters through a link, such as a probability that is averaged, its exact contributions are
    carried through the link by path attribution (`mxt.stats.links`): they add up to the model's prediction,
    but differ from the SHAP values of the whole model. Trees that predict probabilities, as forests do, need
    no link.

    Example:
        {KIND: CompositeExplainer, parts: {KIND: AutoExplainer}}
    """

    KIND: Literal["CompositeExplainer"] = "CompositeExplainer"

    exact: ClassVar[bool] = True

    cost: ClassVar[int] = 1

    parts: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """The exact explainer of each part."""

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

        composition = predictor.parts
        if composition is None or not self.serves(predictor):
            raise self.refusal(predictor)
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
    """Contributions of a part to the whole model, shape (rows, part's columns, outputs), and their base.

    The base has the shape (outputs,), or (rows, outputs) if rows differ.
    """
    import numpy as np

    start, end = np.array(explanation.bases), explanation.prediction  # as the library goes on from there
    carried = part.link.carry(explanation.values, start, end) @ part.weights
    common = explanation.base.ndim == 1
    base = part.link.apply(explanation.base[np.newaxis] if common else start) @ part.weights
    return carried, base[0] if common else base
