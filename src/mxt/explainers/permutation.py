"""Any model, by sampling: SHAP values from random orders of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mxt.explainers.base import Explainer, Explanation, require_background

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor


class PermutationExplainer(Explainer):
    """Estimated SHAP values of any model, from orders of its source columns drawn forward and backward.

    Rows of the background stand in for absent columns. Source: Mitchell et al. 2022, JMLR 23(43);
    computed by `shap.PermutationExplainer`.

    Example:
        {KIND: PermutationExplainer, orders: 10, background_rows: 50, seed: 0}
    """

    KIND: Literal["PermutationExplainer"] = "PermutationExplainer"

    exact: ClassVar[bool] = False

    orders: Annotated[int, Field(ge=1)] = 10
    """Random orders of the columns drawn for each row."""

    background_rows: Annotated[int, Field(ge=1)] = 50
    """Rows of the background to use, the same for every row explained."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the orders and of the choice of background rows."""

    def serves(self, predictor: Predictor) -> bool:  # noqa: ARG002 - it asks nothing of the model but predictions
        return True

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        import shap

        known = require_background(background, self.KIND)
        known = known.sample(min(self.background_rows, len(known)), random_state=self.seed)[predictor.columns]
        codes, decode = _coded(known, inputs[predictor.columns])
        masker = shap.maskers.Independent(codes[: len(known)], max_samples=len(known))
        explainer = shap.PermutationExplainer(
            lambda rows: _outputs(predictor, decode(rows)), masker, seed=self.seed
        )
        evaluations = self.orders * (2 * len(predictor.columns) + 1)
        found = explainer(codes[len(known) :], max_evals=evaluations, silent=True)
        values = found.values.reshape(len(inputs), len(predictor.columns), -1)
        base = found.base_values.reshape(len(inputs), -1)[0]
        return Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=values,
            base=base,
            prediction=_outputs(predictor, inputs).reshape(len(inputs), -1),
            unit="probability" if predictor.task == "classification" else "target",
            outputs=predictor.outputs,
            method=f"shap PermutationExplainer, {self.orders} orders, {len(known)} background rows",
        )


def _outputs(predictor: Predictor, inputs: pd.DataFrame) -> np.ndarray:
    """Probabilities of the explained classes, or the predicted numbers."""
    import numpy as np

    labels, probabilities = predictor.labels_and_probabilities(inputs)
    if predictor.task == "regression":
        return labels
    if probabilities is None:
        probabilities = np.asarray(labels)[:, np.newaxis] == np.asarray(predictor.classes)
    chosen = probabilities[:, -len(predictor.outputs) :].astype(float)
    return chosen[:, 0] if chosen.shape[1] == 1 else chosen


def _coded(
    known: pd.DataFrame, inputs: pd.DataFrame
) -> tuple[np.ndarray, Callable[[np.ndarray], pd.DataFrame]]:
    """Every cell as a number that shap can carry about, and the way back to a frame of the same types."""
    import numpy as np
    import pandas as pd

    both = pd.concat([known, inputs])
    pairs = {name: pd.factorize(both[name], use_na_sentinel=False) for name in both.columns}

    def decode(rows: np.ndarray) -> pd.DataFrame:
        cells: dict[str, Any] = {
            name: pd.Series(uniques.take(rows[:, place].astype(int)), dtype=both[name].dtype)
            for place, (name, (_, uniques)) in enumerate(pairs.items())
        }
        return pd.DataFrame(cells)

    return np.column_stack([codes for codes, _ in pairs.values()]).astype(float), decode
