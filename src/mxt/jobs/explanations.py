"""Explanations: what drives a model, and each of its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from loguru import logger
from pydantic import Field
from tqdm import tqdm

from mxt.errors import ConfigError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base import join
from mxt.importances.base import effects_table, importances_table, rows_asked
from mxt.importances.tally import Tally
from mxt.jobs.base import ExplainerKind, ImportanceKind, Locals, ModelJob, ReaderKind, WriterKind
from mxt.models.tables import samples_table
from mxt.reports.effects import effects_figure
from mxt.reports.explanations import contributions_figure, summary
from mxt.schemas import SHAPValuesSchema, TargetsSchema

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explainer, Explanation
    from mxt.importances.base import Findings
    from mxt.models import Model

QUICK_ROWS = 16_000
"""Rows of a part for an explainer that reads the model: fewer cost more, more save little."""

SLOW_ROWS = 250
"""Rows of a part for one that asks the model many times a row: enough to tell of progress."""


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

    importances: tuple[ImportanceKind, ...] = Field(
        default=({"KIND": "LibraryImportance"}, {"KIND": "ShapImportance"}),
        validate_default=True,
        min_length=1,
    )
    """What tells of the model as a whole; what asks the model again and again must be named."""

    effects: WriterKind | None = None
    """Also write the curves here, if `importances` draw some: a row for each column, method and value."""

    targets: ReaderKind | None = None
    """Table with the truth, by id, for importances that need it; `inputs_samples` if left out."""

    target: str | None = None
    """Column with the truth; the one that the model was trained on if left out."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        target = self._target(pinned.uri)
        truth = None if target is None else self._truth(target)
        extra = [target] if target is not None and self.targets is None else None
        schema, inputs, table = context.checked_inputs(
            self.loader, pinned.uri, self.inputs_samples, "inputs_samples", extra
        )
        if extra is not None:
            truth = TargetsSchema.check(table, extra[0], self.inputs_samples.source)
        model = context.load(self.loader, pinned.uri)
        if self.background is not None:
            known = self.background.read(None if schema is None else schema.columns)
            model = model.with_background(context.check(schema, known, self.background.source))
        with context.step(f"explain {len(inputs)} rows"):
            explanation = self._explain(model, inputs)
        samples = SHAPValuesSchema.check(samples_table(explanation, model.predict_proba(inputs)))
        with context.step("explain the model"):
            tally = Tally.of(explanation, inputs, rows_asked(self.importances))
            findings = model.measure_tally(self.importances, tally, truth)
            importances, effects = importances_table(findings), effects_table(findings)
        context.write(self.samples_explanations, samples, "samples_explanations", explanation.unit)
        context.write(self.models_explanations, importances, "models_explanations")
        if effects is not None:
            self._show_effects(effects)
        self._show(tally, importances, findings)
        return context.conclude(
            passed=True,
            explanation=explanation,
            models_explanations=importances,
            samples_explanations=samples,
            effects=effects,
        )

    def _explain(self, model: Model, inputs: pd.DataFrame) -> Explanation:
        """Explain in parts of a size that suits the explainer."""
        chosen = self.explainer
        if isinstance(chosen, AutoExplainer):
            chosen = chosen.choose(model.predictor, model.background)
        quick = chosen.exact and chosen.cost < 2  # noqa: PLR2004 - from 2 on, all sets of columns are asked for
        rows = max(SLOW_ROWS, QUICK_ROWS // len(model.predictor.outputs)) if quick else SLOW_ROWS
        return in_parts(model, inputs, self.explainer, rows)

    def _target(self, uri: str) -> str | None:
        """The column with the truth, if an importance needs one."""
        if not any(importance.needs_targets for importance in self.importances):
            return None
        target = self.target or self.loader.load_target(uri)
        if target is None:
            msg = f"{uri} does not tell what it predicts; give the job its `target`."
            raise ConfigError(msg)
        return target

    def _truth(self, target: str) -> pd.Series[Any] | None:
        """The truth of a table of its own, if there is one."""
        if self.targets is None:
            return None
        table = self.context.read(self.targets, "targets", [target])
        return TargetsSchema.check(table, target, self.targets.source)

    def _show(
        self,
        tally: Tally,
        importances: pd.DataFrame,
        findings: list[Findings],
    ) -> None:
        """Put what people look at into the run."""
        context, explanation = self.context, tally.explanation
        for found in findings:
            if found.table is None:
                logger.warning("{}", found.text)
        context.facts |= {
            "method": explanation.method,
            "unit": explanation.unit,
            "largest_residual": float(f"{tally.largest_residual:.2g}"),
        }
        context.run.score({"largest_residual": tally.largest_residual, "rows": tally.rows})
        context.run.table(importances.set_index("feature"), "models_explanations.csv")
        texts = [found.text for found in findings if found.text]
        page = summary(context.provenance().facts, tally, importances, texts)
        context.run.text(page, "explanations.md")
        for place, name in enumerate(explanation.outputs):
            file = f"contributions{f'_{place}' if len(explanation.outputs) > 1 else ''}.png"
            context.run.figure(contributions_figure(tally, place, name), file)

    def _show_effects(self, effects: pd.DataFrame) -> None:
        """Write the curves, and put them into the run: a table, and a figure for each method and class."""
        if self.effects is not None:
            self.context.write(self.effects, effects, "effects")
        self.context.run.table(effects.set_index("feature"), "effects.csv")
        for method, curves in effects.groupby("method", sort=False):
            classes = curves.groupby("class", dropna=False, sort=False)
            for place, (_, part) in enumerate(classes):
                file = f"{method}{f'_{place}' if classes.ngroups > 1 else ''}.png"
                self.context.run.figure(effects_figure(part), file)


def in_parts(model: Model, inputs: pd.DataFrame, explainer: Explainer, rows: int) -> Explanation:
    """Explain `rows` rows at a time, whose number values do not depend on; with a bar on a terminal."""
    parts = []
    with tqdm(total=len(inputs), desc="explain", unit="row", unit_scale=True, disable=None) as progress:
        for start in range(0, len(inputs), rows):
            parts.append(model.explain(inputs.iloc[start : start + rows], explainer))
            progress.update(len(parts[-1].ids))
    return join(parts)
