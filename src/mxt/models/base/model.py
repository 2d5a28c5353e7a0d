"""The facade of a model: it predicts, explains its samples, and explains itself, whatever library made it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.explainers.auto import AutoExplainer
from mxt.importances.base import Basis, Importance, Measurement, importances_table, rows_by_seed
from mxt.importances.base.tally import Tally
from mxt.importances.library import LibraryImportance
from mxt.importances.shap import ShapImportance
from mxt.models.base.tables import samples_table
from mxt.packages import packages_of
from mxt.schemas import OutputsSchema, SHAPValuesSchema
from mxt.schemas.captions import NO_CAPTIONS
from mxt.schemas.numbers import large_numbers_named
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explainer, Explanation
    from mxt.predictors.base import Predictor
    from mxt.schemas.captions import Captions

IMPORTANCES: tuple[Importance, ...] = (LibraryImportance(), ShapImportance())
"""The importances of a model if none are named."""


@dataclass(frozen=True)
class Model:
    """A fitted model: a predictor, and rows that stand for its population."""

    predictor: Predictor
    background: pd.DataFrame | None = None
    """A sample of the training inputs, for explainers that compare with a background."""
    positive: str | None = None
    """The class that scores are about unless a metric names another, as text; None if none was recorded."""
    required: tuple[str, ...] = ()
    """Packages that the stored model declares as requirements, beside those that its objects show."""
    allowed: str = ""
    """What of it a person has allowed to run as code, and who; empty if it was loaded as data."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that its numbers come from, beside the packages of every model."""
        return tuple(sorted({*packages_of(self.predictor.native), *self.required}))

    def with_background(self, background: pd.DataFrame) -> Model:
        """The same model with other rows that stand for its population."""
        return replace(self, background=background)

    def opened(self, columns: Iterable[str]) -> Model:
        """The same model, for which values that it does not know count as missing in some columns."""
        return replace(self, predictor=self.predictor.opened(columns))

    def with_positive(self, positive: str | None) -> Model:
        """The same model with another class that scores are about."""
        return replace(self, positive=positive)

    def predict(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """Predictions, and probabilities of a classifier: a table of `OutputsSchema` indexed as `inputs`."""
        with large_numbers_named(inputs):
            return OutputsSchema.check(self.predictor.predict(inputs))

    def predict_proba(self, inputs: pd.DataFrame) -> pd.DataFrame | None:
        """Just the probabilities, one column a class, or None if the model gives none."""
        probabilities = self.predict(inputs).drop(columns=PREDICTION)
        return None if probabilities.empty else probabilities

    def explain(self, inputs: pd.DataFrame, explainer: Explainer | None = None) -> Explanation:
        """The contribution of each source column to the prediction of each row.

        Raises:
            ModelError: No explainer serves the model, or a row does not add up.
        """
        with large_numbers_named(inputs):
            return (explainer or AutoExplainer()).explain(self.predictor, inputs, self.background).checked()

    def explain_samples(self, inputs: pd.DataFrame, explainer: Explainer | None = None) -> pd.DataFrame:
        """`explain` as a table of `SHAPValuesSchema`: a row for each explained row and output."""
        return self.samples_table(self.explain(inputs, explainer), inputs)

    def samples_table(self, explanation: Explanation, inputs: pd.DataFrame) -> pd.DataFrame:
        """The table of `explain_samples`, from an explanation of `inputs`."""
        return SHAPValuesSchema.check(samples_table(explanation, self._chances(explanation, inputs)))

    def _chances(self, explanation: Explanation, inputs: pd.DataFrame) -> np.ndarray | None:
        """The probability of each explained output, shape (rows, outputs), if the model gives any."""
        link = self.predictor.link if self.predictor.linked else None
        if link is not None and explanation.additive and explanation.unit in {"log-odds", "margin"}:
            return link.apply(explanation.prediction)
        chances = self.predict_proba(inputs)
        if chances is None:
            return None
        return chances.reindex(columns=[f"{PROBABILITY}{name}" for name in explanation.outputs]).to_numpy()

    def explain_model(
        self,
        inputs: pd.DataFrame | None = None,
        explanation: Explanation | None = None,
        importances: Sequence[Importance] = IMPORTANCES,
        targets: pd.Series | None = None,
    ) -> pd.DataFrame:
        """How much each source column matters: a table of `FeatureImportancesSchema`.

        Args:
            inputs: Samples; the background if left out.
            explanation: The explanation of `inputs`, if there is one already.
            importances: What to measure: the library's own importances and, with samples, the mean absolute
                contribution and its direction, if left out.
            targets: The true targets of the inputs, for importances that compare with them.

        Raises:
            ModelError: The model has no importances of its own, and there are no samples.
        """
        return importances_table(self.measure(importances, inputs, explanation, targets))

    def measure(
        self,
        importances: Sequence[Importance],
        inputs: pd.DataFrame | None = None,
        explanation: Explanation | None = None,
        targets: pd.Series | None = None,
    ) -> list[Measurement]:
        """The measurement of each importance: a table, and perhaps curves and rules.

        Args:
            importances: What to measure.
            inputs: Samples; the background if left out.
            explanation: The explanation of `inputs`, if there is one already.
            targets: The true targets of the inputs, for importances that compare with them.
        """
        samples = self.background if inputs is None else inputs
        if samples is None or not any(importance.needs_explanation for importance in importances):
            basis = Basis(self.predictor, samples, targets=targets, positive=self.positive)
            return [importance.measure(basis) for importance in importances]
        explanation = explanation or self.explain(samples)
        tally = Tally.of(explanation, samples, rows_by_seed(importances))
        return self.measure_tally(importances, tally, targets)

    def measure_tally(
        self,
        importances: Sequence[Importance],
        tally: Tally,
        targets: pd.Series | None = None,
        captions: Captions = NO_CAPTIONS,
    ) -> list[Measurement]:
        """`measure` for rows that were explained part by part.

        Args:
            importances: What to measure.
            tally: Sums over all rows, with the rows drawn that `rows_by_seed` of the importances needs.
            targets: The true targets of the rows drawn; the targets of the tally if left out.
            captions: How people call the columns, on pages.
        """
        truth = tally.targets if targets is None else targets
        basis = Basis(self.predictor, tally.inputs, tally, truth, tally.held_out, self.positive, captions)
        return [importance.measure(basis) for importance in importances]
