"""The facade of a model: it predicts, explains its samples, and explains itself, whatever library made it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mxt.explainers.auto import AutoExplainer
from mxt.importances.base import Importance, Measurement, Subject, importances_table, rows_asked
from mxt.importances.base.tally import Tally
from mxt.importances.library import LibraryImportance
from mxt.importances.shap import ShapImportance
from mxt.models.base.tables import samples_table
from mxt.packages import packages_of
from mxt.schemas import OutputsSchema, SHAPValuesSchema
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explainer, Explanation
    from mxt.predictors.base import Predictor

IMPORTANCES: tuple[Importance, ...] = (LibraryImportance(), ShapImportance())
"""What tells of a model, if nothing else is asked for."""


@dataclass(frozen=True)
class Model:
    """A fitted model: a predictor, and the rows that stand for its population."""

    predictor: Predictor
    background: pd.DataFrame | None = None
    """A sample of the training inputs, for explainers that compare with one."""
    positive: str | None = None
    """The class that scores are about where nobody names another, if one was recorded, by its text."""
    required: tuple[str, ...] = ()
    """Packages that whoever stored the model says it needs, where its own objects do not show them."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that its numbers come from, beside those of every model."""
        return tuple(sorted({*packages_of(self.predictor.native), *self.required}))

    def with_background(self, background: pd.DataFrame) -> Model:
        """The same model with other rows to stand for its population."""
        return replace(self, background=background)

    def with_positive(self, positive: str | None) -> Model:
        """The same model with another class that scores are about where nobody names one."""
        return replace(self, positive=positive)

    def predict(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """Predictions, and probabilities of a classifier: a table of `OutputsSchema` indexed as `inputs`."""
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
        return (explainer or AutoExplainer()).explain(self.predictor, inputs, self.background).checked()

    def explain_samples(self, inputs: pd.DataFrame, explainer: Explainer | None = None) -> pd.DataFrame:
        """`explain` as a table of `SHAPValuesSchema`: a row for each row explained, and class of several."""
        return self.samples_table(self.explain(inputs, explainer), inputs)

    def samples_table(self, explanation: Explanation, inputs: pd.DataFrame) -> pd.DataFrame:
        """The table of `explain_samples`, where there is an explanation of `inputs` already."""
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
        targets: pd.Series[Any] | None = None,
    ) -> pd.DataFrame:
        """How much each source column matters: a table of `FeatureImportancesSchema`.

        The library's own importances, and with samples their mean absolute contribution and its direction,
        unless others are asked for.

        Raises:
            ModelError: The model tells no importances, and there are no samples.
        """
        return importances_table(self.measure(importances, inputs, explanation, targets))

    def measure(
        self,
        importances: Sequence[Importance],
        inputs: pd.DataFrame | None = None,
        explanation: Explanation | None = None,
        targets: pd.Series[Any] | None = None,
    ) -> list[Measurement]:
        """What each importance finds: a table each, and perhaps curves and rules.

        Args:
            importances: What to measure.
            inputs: Samples; the background if left out.
            explanation: The explanation of `inputs`, where there is one already.
            targets: What the model should have predicted for the inputs, for those importances that compare.
        """
        samples = self.background if inputs is None else inputs
        wanted = any(importance.needs_explanation for importance in importances)
        if samples is None or not wanted:
            return _measured(importances, self._subject(samples, None, targets))
        explanation = explanation or self.explain(samples)
        return self.measure_tally(
            importances, Tally.of(explanation, samples, rows_asked(importances)), targets
        )

    def measure_tally(
        self, importances: Sequence[Importance], tally: Tally, targets: pd.Series[Any] | None = None
    ) -> list[Measurement]:
        """`measure` of rows that were explained part by part.

        Args:
            importances: What to measure.
            tally: What is told of all rows, with those that `rows_asked` of the importances.
            targets: What the model should have predicted for the rows drawn; those of the tally if left out.
        """
        truth = tally.targets if targets is None else targets
        return _measured(importances, self._subject(tally.inputs, tally, truth))

    def _subject(
        self, inputs: pd.DataFrame | None, tally: Tally | None, targets: pd.Series[Any] | None
    ) -> Subject:
        held_out = None if tally is None else tally.held_out
        return Subject(self.predictor, inputs, tally, targets, held_out, self.positive)


def _measured(importances: Sequence[Importance], subject: Subject) -> list[Measurement]:
    return [importance.measure(subject) for importance in importances]
