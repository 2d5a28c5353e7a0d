"""Explanations: what drives a model as a whole, and each of its predictions."""

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
from mxt.importances.base import Importance, effects_table, importances_table, rows_by_seed, stored
from mxt.importances.base.tally import Tally, merge
from mxt.jobs.base import Locals
from mxt.jobs.base.explaining import Explaining
from mxt.jobs.base.held_out import FACT, Record, ScoredRows, comparable
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.rejecting import RejectingJob
from mxt.kinds import OneOf
from mxt.pages.effects import effects_charts
from mxt.pages.explanations import contributions_charts, explained, explanations_page, relative_residual
from mxt.registries.readings import suited
from mxt.schemas import SHAPValuesSchema, TargetsSchema
from mxt.stats.strata import Strata, together
from mxt.streams.budgets import Budget
from mxt.streams.plans import SLOW_ROWS, most_rows
from mxt.streams.samples import STRATA
from mxt.streams.tasks import TALLY, Workload

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Writer
    from mxt.importances.base import Measurement
    from mxt.jobs.base.increment import Increment
    from mxt.models import Model
    from mxt.registries.served import Served
    from mxt.schemas import InputsSchema
    from mxt.streams.parts import Parts


ENUMERATION_COST = 2
"""The `Explainer.cost` from which an explainer queries the model for every set of columns."""


class ExplanationsJob(RejectingJob):
    """Explains a registered model as a whole, and its prediction for each row of a table.

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
    """Where the contributions go: a row for each row explained, and for each class if there are several."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How the contributions are computed."""

    background: OneOf[Reader] | None = None
    """Rows that stand for the population, for methods that need some; the model's own if left out."""

    importances: tuple[OneOf[Importance], ...] = Field(
        default=({"KIND": "LibraryImportance"}, {"KIND": "ShapImportance"}),
        validate_default=True,
        min_length=1,
    )
    """How the model is explained as a whole. Methods that query the model many times must be listed here."""

    effects: OneOf[Writer] | None = None
    """Where the curves of `importances` go, if any: a row for each column, method and value."""

    targets: OneOf[Reader] | None = None
    """Table with the true targets, by id, for importances that need them; `inputs_samples` if left out."""

    target: str | None = None
    """Column with the true targets; the one that the model was trained on if left out."""

    rows: ScoredRows = "held_out"
    """The rows for importances that need targets: ``held_out`` leaves out rows that the model was fitted to,
    ``training`` takes them too. All rows are explained either way."""

    budget: Budget | None = None
    """What explaining may cost; if all rows cost more, a sample of them is explained."""

    libraries: ClassVar[tuple[str, ...]] = (*RejectingJob.libraries, "matplotlib.figure")

    @property
    def reader(self) -> Reader:
        return self.tolerant(self.inputs_samples)

    @property
    def output(self) -> Writer:
        return self.samples_explanations

    def run(self) -> Locals:
        served = self.serve()
        return inheriting(self).explain(served)

    def explain(self, served: Served) -> Locals:
        """Explain a version on the tables, which the job's readers read as they are."""
        context = self.context
        increment = self.increment(served.pinned)
        if increment.nothing_new:
            return self.skip()
        target = served.target(self.target) if self._needs_target else None
        truth = None if target is None else self._truth(target, served)
        head = self.first_rows(served, increment.reader)
        schema, admission = self.admission(served, head)
        model = self._model(served)
        known = None if target is None else served.truth_schema(target)
        reader = served.reader(increment.reader, known)
        record = Record.of(served) if target is not None and self.rows == "held_out" else None
        drawn = rows_by_seed(self.importances)
        task = Explaining(model, self.explainer, drawn, target, truth, record, self.inputs_samples)
        workload = replace(self._workload(task, schema, reader), admission=admission)
        with self.worked(workload, self.samples_explanations, "explain", self.budget, model) as parts:
            if self.shard is not None:
                return self.conclude_share(parts)
            self.link(parts, "inputs_samples")
            left_out = self.left_out(parts, increment)
            if parts.all_rejected:
                return context.conclude(left_out | self._no_rows(parts, increment))
            self.refuse_other(parts, increment)
            tally = self._tally(parts)
            if target is not None:
                tally = self._comparable(tally, record)
            with context.step("explain the model"):
                measured = model.measure_tally(self.importances, tally, truth, served.captions)
            # Last, since rows that it holds are not worked on again.
            last = self.written(parts, increment, "samples_explanations", tally.explanation.unit)
            findings = self._findings(tally, measured, served)
            return context.conclude(findings | left_out | Findings(outputs=[last]))

    def _no_rows(self, parts: Parts, increment: Increment) -> Findings:
        """What the run reports if the model can take none of the new rows; importances stay as they are."""
        unit = increment.present.facts.get("unit", "") if increment.present else ""
        last = self.written(parts, increment, "samples_explanations", unit)
        kept = [f"No row was explained; {self.models_explanations.target} stays as it is."]
        return Findings(passed=True, answer=kept, outputs=[last])

    def _findings(self, tally: Tally, measured: list[Measurement], served: Served) -> Findings:
        """What the run reports of the model as a whole."""
        importances, effects = importances_table(measured), effects_table(measured)
        captions = served.captions
        for note in filter(None, (measurement.note for measurement in measured)):
            logger.warning("{}", note)
        outputs = [Output("models_explanations", self.models_explanations, importances)]
        tables = {"models_explanations": importances.set_index("feature")}
        charts = contributions_charts(tally, captions)
        if effects is not None:
            outputs.append(Output("effects", self.effects, effects))
            tables["effects"] = effects.set_index("feature")
            charts |= effects_charts(effects, captions)
        return Findings(
            passed=True,
            answer=explained(tally, importances, str(served.pinned), captions),
            facts={
                "method": tally.explanation.method,
                "unit": tally.explanation.unit,
                "largest_residual": float(f"{tally.largest_residual:.2g}"),
                "relative_residual": float(f"{relative_residual(tally):.2g}"),
            },
            scores={"largest_residual": tally.largest_residual, "rows": tally.rows},
            tables=tables,
            charts=charts,
            page=explanations_page(tally, importances, measured, self.context.sample, captions),
            outputs=outputs,
            evidence=True,
            values={"tally": tally, "models_explanations": importances, "effects": effects},
        )

    @property
    def _needs_target(self) -> bool:
        return any(importance.needs_targets for importance in self.importances)

    def _tally(self, parts: Parts) -> Tally:
        """The tally of all rows explained; facts of the run describe the sample, if there is one.

        Raises:
            DataError: The target is the same in all of them.
        """
        tally, sample = merge(map(stored.from_bytes, parts.states(TALLY))), parts.plan.sample
        if tally.targets is not None and not tally.targets_differ:
            name, rows = str(tally.targets.name), f"{tally.rows} rows explained"
            TargetsSchema.refuse_same(name, rows, self.inputs_samples.source)
        if sample is None:
            return tally
        left_out = f"; {parts.rejected_rows} rows were rejected" if parts.rejected_rows else ""
        self.context.sample = sample.describe(tally.rows) + left_out
        self.context.facts |= {"sample": self.context.sample, "sample_rate": sample.rate}
        return replace(tally, strata=together(map(Strata.from_bytes, parts.states(STRATA))))

    def _model(self, served: Served) -> Model:
        """The model, with the background of the config if it has one."""
        if self.background is None:
            return served.model
        reader, schema = served.reader(self.background), served.schema
        model, known = served.model, reader.read(None if schema is None else schema.columns)
        return model.with_background(self.context.check(schema, known, self.background.source))

    def _comparable(self, tally: Tally, record: Record | None) -> Tally:
        """The tally, in which all drawn rows are compared if the model was fitted to none; a fact says so.

        Raises:
            DataError: The model was fitted to every row.
        """
        counts = tally.fitted, tally.known
        self.context.facts[FACT], free = comparable(record, counts, self.inputs_samples.source)
        return replace(tally, held_out=None) if free else tally

    def _workload(self, task: Explaining, schema: InputsSchema | None, reader: Reader) -> Workload:
        """The rows to explain, in parts of a size that suits the explainer."""
        chosen, model = self.explainer, task.model
        if isinstance(chosen, AutoExplainer):
            chosen = chosen.choose(model.predictor, model.background)
        quick = chosen.exact and chosen.cost < ENUMERATION_COST
        suited = most_rows(model) if quick else SLOW_ROWS
        basis = "" if self.background is None or model.background is None else digest(model.background)
        if task.record is not None and task.truth is not None:
            basis += digest(task.truth.to_frame("target"))
        # Older parts of sampled values have no degrees of freedom, and other numbers.
        basis += "" if chosen.exact else SHAPValuesSchema.FREEDOM
        part_rows, extra = self.part_rows or suited, task.extra_columns(reader)
        return Workload(reader, schema, task, part_rows, extra, self.watermark, basis)

    def _truth(self, target: str, served: Served) -> pd.Series[Any] | None:
        """The true targets, by id, if they come from a table of their own."""
        if self.targets is None:
            return None
        reader = suited(self.targets, served.pinned, served.truth_schema(target))
        table = self.context.read(reader, "targets", [target])
        return TargetsSchema.check(table, target, self.targets.source)
