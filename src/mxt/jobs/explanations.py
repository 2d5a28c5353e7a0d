"""Explanations: what drives a model, and each of its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from tqdm import tqdm

from mxt.explainers.base import join
from mxt.jobs.base import ExplainerKind, Locals, ModelJob, ReaderKind, WriterKind
from mxt.models.tables import samples_table
from mxt.reports.explanations import contributions_figure, summary
from mxt.schemas import SHAPValuesSchema

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explanation
    from mxt.models import Model

PART_ROWS = 1000


class ExplanationsJob(ModelJob):
    """Explains a registered model: the whole of it, and its prediction for each row of a table.

    Example:
        KIND: ExplanationsJob
        inputs_samples: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        models_explanations: {KIND: ParquetWriter, path: outputs/models_explanations.parquet}
        samples_explanations: {KIND: ParquetWriter, path: outputs/samples_explanations.parquet}
        alias_or_version: Challenger
    """

    KIND: Literal["ExplanationsJob"] = "ExplanationsJob"

    inputs_samples: ReaderKind
    """The rows to explain."""

    models_explanations: WriterKind
    """Where the importances of the source columns go: a row for each column and method."""

    samples_explanations: WriterKind
    """Where the contributions go: a row for each row explained, and class of several."""

    explainer: ExplainerKind = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How the contributions are computed."""

    background: ReaderKind | None = None
    """Rows that stand for the population, where a method needs some; the model's own if left out."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        schema, inputs, _ = context.checked_inputs(
            self.loader, pinned.uri, self.inputs_samples, "inputs_samples"
        )
        model = context.load(self.loader, pinned.uri)
        if self.background is not None:
            known = self.background.read(None if schema is None else schema.columns)
            model = model.with_background(context.check(schema, known, self.background.source))
        with context.step(f"explain {len(inputs)} rows"):
            explanation = self._explain(model, inputs)
        samples = SHAPValuesSchema.check(samples_table(explanation, model.predict_proba(inputs)))
        importances = model.explain_model(inputs, explanation)
        context.write(self.samples_explanations, samples, "samples_explanations", explanation.unit)
        context.write(self.models_explanations, importances, "models_explanations")
        self._show(explanation, inputs, importances)
        return context.conclude(
            passed=True,
            explanation=explanation,
            models_explanations=importances,
            samples_explanations=samples,
        )

    def _explain(self, model: Model, inputs: pd.DataFrame) -> Explanation:
        """Explain part by part, with a progress bar on a terminal."""
        starts = tqdm(range(0, len(inputs), PART_ROWS), desc="explain", unit="part", disable=None)
        return join(
            [model.explain(inputs.iloc[start : start + PART_ROWS], self.explainer) for start in starts]
        )

    def _show(self, explanation: Explanation, inputs: pd.DataFrame, importances: pd.DataFrame) -> None:
        """Put what people look at into the run."""
        context = self.context
        largest = float(abs(explanation.residual).max())
        context.facts |= {
            "method": explanation.method,
            "unit": explanation.unit,
            "largest_residual": float(f"{largest:.2g}"),
        }
        context.run.score({"largest_residual": largest, "rows": len(inputs)})
        context.run.table(importances.set_index("feature"), "models_explanations.csv")
        context.run.text(summary(context.provenance().facts, explanation, importances), "explanations.md")
        for place, name in enumerate(explanation.outputs):
            file = f"contributions{f'_{place}' if len(explanation.outputs) > 1 else ''}.png"
            context.run.figure(contributions_figure(explanation, inputs, place, name), file)
