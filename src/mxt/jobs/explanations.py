"""Explanations: what drives a model, and each of its predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from loguru import logger
from pydantic import Field

from mxt.datasets.frames import digest
from mxt.datasets.readers.base import Reader
from mxt.datasets.writers.base import Writer
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base import Explainer
from mxt.findings import Findings, Output
from mxt.importances.base import Importance, effects_table, importances_table, stored
from mxt.importances.base.tally import Tally, merge
from mxt.jobs.base import Locals
from mxt.jobs.base.explaining import Explaining
from mxt.jobs.base.held_out import FACT, Record, ScoredRows, comparable
from mxt.jobs.base.increment import IncrementalJob
from mxt.kinds import OneOf
from mxt.pages.effects import effects_charts
from mxt.pages.explanations import contributions_charts, explained, explanations_page, relative_residual
from mxt.registries.readings import suited
from mxt.schemas import SHAPValuesSchema, TargetsSchema
from mxt.stats.strata import Strata, together
from mxt.streams.budgets import SLOW_ROWS, STRATA, Budget, most_rows
from mxt.streams.tasks import TALLY, Table

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Writer
    from mxt.importances.base import Measurement
    from mxt.jobs.base.stream import Parts
    from mxt.models import Model
    from mxt.registries.served import Served
    from mxt.schemas import InputsSchema


class ExplanationsJob(IncrementalJob):
    """Explains a registered model: the whole of it, and its prediction for each row of a table.

    Example:
        KIND: ExplanationsJob
        inputs_samples: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        models_explanations: {KIND: ParquetWriter, path: outputs/models_explanations.parquet}
        samples_explanations: {KIND: ParquetWriter, path: outputs/samples_explanations.parquet}
        alias_or_version: Challenger
    """

    KIND: Literal["ExplanationsJob"] = "ExplanationsJob"

    inputs_samples: OneOf[Reader]
    """The rows to explain."""

    models_explanations: OneOf[Writer]
    """Where the importances of the source columns go: a row for each column and method."""

    samples_explanations: OneOf[Writer]
    """Where the contributions go: a row for each row explained, and class of several."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How the contributions are computed."""

    background: OneOf[Reader] | None = None
    """Rows that stand for the population, where a method needs some; the model's own if left out."""

    importances: tuple[OneOf[Importance], ...] = Field(
        default=({"KIND": "LibraryImportance"}, {"KIND": "ShapImportance"}),
        validate_default=True,
        min_length=1,
    )
    """What tells of the model as a whole; what asks the model again and again must be named."""

    effects: OneOf[Writer] | None = None
    """Also write the curves here, if `importances` draw some: a row for each column, method and value."""

    targets: OneOf[Reader] | None = None
    """Table with the truth, by id, for importances that need it; `inputs_samples` if left out."""

    target: str | None = None
    """Column with the truth; the one that the model was trained on if left out."""

    rows: ScoredRows = "held_out"
    """``training`` lets importances that need targets use rows that the model was fitted to, which are left
    out else. All rows are explained either way."""

    budget: Budget | None = None
    """What explaining may cost; if all rows cost more, a sample of them is explained."""

    libraries: ClassVar[tuple[str, ...]] = (*IncrementalJob.libraries, "matplotlib.pyplot", "shap")

    @property
    def reader(self) -> Reader:
        return self.inputs_samples

    @property
    def output(self) -> Writer:
        return self.samples_explanations

    def run(self) -> Locals:
        context, served = self.context, self.serve()
        increment = self.increment(served.pinned)
        if increment.nothing_new:
            return self.skip()
        target = served.target(self.target) if self._needs_target else None
        truth = None if target is None else self._truth(target, served)
        model = self._model(served)
        known = None if target is None else served.truth_schema(target)
        reader = served.reader(increment.reader, known)
        record = Record.of(served) if target is not None and self.rows == "held_out" else None
        table = self._table(Explaining.of(self, model, target, truth, record), served.schema, reader)
        with self.worked(table, self.samples_explanations, "explain", self.budget, model) as parts:
            if self.shard is not None:
                return parts.conclude(context)
            parts.link(context, "inputs_samples")
            self.refuse_other(parts, increment)
            tally = self._tally(parts)
            if target is not None:
                tally = self._comparable(tally, record)
            with context.step("explain the model"):
                measured = model.measure_tally(self.importances, tally, truth)
            # Last, since rows that it holds are not worked on again.
            last = self.written(parts, increment, "samples_explanations", tally.explanation.unit)
            return context.conclude(self._findings(tally, measured, served) | Findings(outputs=[last]))

    def _findings(self, tally: Tally, measured: list[Measurement], served: Served) -> Findings:
        """What is found of the model as a whole."""
        importances, effects = importances_table(measured), effects_table(measured)
        for note in filter(None, (found.note for found in measured)):
            logger.warning("{}", note)
        outputs = [Output("models_explanations", self.models_explanations, importances)]
        tables, charts = (
            {"models_explanations": importances.set_index("feature")},
            contributions_charts(tally),
        )
        if effects is not None:
            outputs.append(Output("effects", self.effects, effects))
            tables, charts = (
                tables | {"effects": effects.set_index("feature")},
                charts | effects_charts(effects),
            )
        return Findings(
            passed=True,
            answer=explained(tally, importances, str(served.pinned)),
            facts={
                "method": tally.explanation.method,
                "unit": tally.explanation.unit,
                "largest_residual": float(f"{tally.largest_residual:.2g}"),
                "relative_residual": float(f"{relative_residual(tally):.2g}"),
            },
            scores={"largest_residual": tally.largest_residual, "rows": tally.rows},
            tables=tables,
            charts=charts,
            page=explanations_page(tally, importances, measured, self.context.sample),
            outputs=outputs,
            evidence=True,
            values={"tally": tally, "models_explanations": importances, "effects": effects},
        )

    @property
    def _needs_target(self) -> bool:
        return any(importance.needs_targets for importance in self.importances)

    def _tally(self, parts: Parts) -> Tally:
        """The tally of all rows explained; the run states which, if they are a sample.

        Raises:
            DataError: The target is the same in all of them.
        """
        tally, sample = merge(map(stored.from_bytes, parts.states(TALLY))), parts.plan.sample
        if tally.targets is not None and not tally.targets_differ:
            name, rows = str(tally.targets.name), f"{tally.rows} rows explained"
            TargetsSchema.refuse_same(name, rows, self.inputs_samples.source)
        if sample is None:
            return tally
        self.context.sample = sample.told(tally.rows)
        self.context.facts |= {"sample": self.context.sample, "sample_rate": sample.rate}
        return replace(tally, strata=together(map(Strata.from_bytes, parts.states(STRATA))))

    def _model(self, served: Served) -> Model:
        """The model, with the background that the job names."""
        if self.background is None:
            return served.model
        reader, schema = served.reader(self.background), served.schema
        model, known = served.model, reader.read(None if schema is None else schema.columns)
        return model.with_background(self.context.check(schema, known, self.background.source))

    def _comparable(self, tally: Tally, record: Record | None) -> Tally:
        """The tally, with all rows drawn comparable if the model was fitted to none; a fact states it.

        Raises:
            DataError: The model was fitted to every row.
        """
        counts = tally.fitted, tally.known
        self.context.facts[FACT], free = comparable(record, counts, self.inputs_samples.source)
        return replace(tally, held_out=None) if free else tally

    def _table(self, task: Explaining, schema: InputsSchema | None, reader: Reader) -> Table:
        """The rows to explain, in parts of a size that suits the explainer."""
        chosen, model = self.explainer, task.model
        if isinstance(chosen, AutoExplainer):
            chosen = chosen.choose(model.predictor, model.background)
        quick = chosen.exact and chosen.cost < 2  # noqa: PLR2004 - from 2 on, all sets of columns are asked for
        suited = most_rows(model) if quick else SLOW_ROWS
        basis = "" if self.background is None or model.background is None else digest(model.background)
        if task.record is not None and task.truth is not None:
            basis += digest(task.truth.to_frame("target"))
        beside = task.beside(reader)
        # Parts of sampled values that lack these degrees are older, and other numbers stand in them.
        basis += "" if chosen.exact else SHAPValuesSchema.FREEDOM
        return Table(reader, schema, task, self.part_rows or suited, beside, self.watermark, basis)

    def _truth(self, target: str, served: Served) -> pd.Series[Any] | None:
        """The truth of a table of its own, if there is one."""
        if self.targets is None:
            return None
        reader = suited(self.targets, served.pinned, served.truth_schema(target))
        table = self.context.read(reader, "targets", [target])
        return TargetsSchema.check(table, target, self.targets.source)
