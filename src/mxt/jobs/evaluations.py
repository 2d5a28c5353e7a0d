"""Evaluation: scoring a version on a table, against limits and another version."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.assessments.confidence import class_tables
from mxt.assessments.error_cases import MOST_CASES, error_cases
from mxt.assessments.latency import LatencyTest
from mxt.assessments.scores import Baseline, Drawing, LabelledPredictions, scores_table
from mxt.assessments.segments import Segment
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.datasets.writers.base import Writer
from mxt.errors import ModelError
from mxt.explainers.base import Explainer
from mxt.findings import Findings, Output
from mxt.findings.tags import DATA, DATA_BEFORE, JUDGED, ROWS
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import FACT, Record, RowSelection, ScoredRows, columns_of
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.positives import chosen, warn_of_other
from mxt.jobs.base.segments import notes_of
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.metrics.base.answers import Named
from mxt.pages.error_cases import error_findings
from mxt.pages.evaluations import Evaluation
from mxt.registries.readings import digest_before
from mxt.registries.versions import aliases_of
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

    from mxt.registries.served import Served


class EvaluationsJob(ModelJob):
    """Scores a version on a table; the verdict is yes if every score keeps its limits.

    Every score has a 95 % interval. Scores by class and by confidence are always reported; scores of
    segments, differences from another version, and times of predictions if the config requests them.

    Example:
        KIND: EvaluationsJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        splitter: {KIND: StratifiedSplitter}
        alias_or_version: Challenger
        metrics: [{KIND: SklearnMetric, name: roc_auc, minimum: 0.8}]
        segments: [{column: Contract}, {column: tenure, bins: 4}]
    """

    KIND: Literal["EvaluationsJob"] = "EvaluationsJob"

    inputs: OneOf[Reader]
    """The table to predict, target included."""

    target: str | None = None
    """Column with the truth; the target of the training if left out."""

    splitter: OneOf[Splitter] | None = None
    """Score only the test part of this split. If left out, rows that a version was fitted to are not scored,
    and all rows of a table that holds no such rows are."""

    rows: ScoredRows = "held_out"
    """``training`` allows rows that a version was fitted to; such an evaluation is no evidence for a gate."""

    positive: Named = None
    """The positive class of metrics that name none; if left out, the class recorded with the version, else
    the last of two in alphabetical order."""

    metrics: tuple[OneOf[Metric], ...] = Field(min_length=1)
    """Scores, with the limits that they must keep."""

    intervals: Drawing = Field(default={}, validate_default=True)
    """How intervals are computed that need resamples."""

    segments: tuple[Segment, ...] = ()
    """Parts of the rows that are also scored separately."""

    baseline: Baseline | None = None
    """Another version to compare the scores with."""

    latency: LatencyTest | None = None
    """Also measure how long predictions take; the times differ from run to run."""

    evaluations: OneOf[Writer] | None = None
    """Also write the table of scores here."""

    error_cases: OneOf[Writer] | None = Field(default=None, exclude_if=lambda writer: writer is None)
    """Also write the predictions that are most wrong here, the largest error first: truth, prediction,
    probability, loss, and the columns that moved the prediction most."""

    cases: Annotated[int, Field(ge=1, exclude_if=lambda cases: cases == MOST_CASES)] = MOST_CASES
    """The most error cases."""

    explainer: OneOf[Explainer] | None = Field(default=None, exclude_if=lambda explainer: explainer is None)
    """How error cases are explained; exactly if left out, or without reasons where no exact explainer serves
    the model."""

    @model_validator(mode="after")
    def _metrics_differ(self) -> Self:
        for metrics in (self.metrics, *(segment.metrics for segment in self.segments)):
            twice = [
                label for label, count in Counter(metric.label for metric in metrics).items() if count > 1
            ]
            if twice:
                kind, msg = "twice", "two metrics are called {label}"
                raise PydanticCustomError(kind, msg, {"label": twice[0]})
        return self

    def run(self) -> Locals:
        served, other = self.serve(), self._other()
        return inheriting(self).evaluate(served, other)

    def evaluate(self, served: Served, other: Served | None) -> Locals:
        """Score a version on the table, which the job's readers read as they are."""
        context = self.context
        records = [Record.of(each) for each in (served, other) if each is not None]
        target = served.target(self.target)
        table = self._table(served, records, target)
        truth, notes = TargetsSchema.check(table, target, self.inputs.source), notes_of(self.segments, table)
        inputs, predictions = self._predict(served, table)
        labelled = LabelledPredictions(truth, predictions, chosen(self.positive, served.model))
        with context.step(f"score {len(table)} rows"):
            scores = scores_table(self.metrics, labelled, self.intervals)
            if other is not None and self.baseline is not None:
                _, others = self._predict(other, table)
                if "positive" in scores and self.positive is None:
                    warn_of_other(labelled.positive, served.model, other.model, other.pinned)
                scores = scores.join(self.baseline.compare(self.metrics, labelled, others, self.intervals))
            segments = self._segments(labelled, table)
        latency = None if self.latency is None else self.latency.measure(served.model, inputs)
        evaluation = Evaluation(
            str(served.pinned),
            len(table),
            scores,
            segments,
            *class_tables(labelled, self.intervals),
            latency,
            "" if other is None else str(other.pinned),
            str(context.facts[FACT]),
            served.captions,
            notes,
        )
        findings = evaluation.findings()
        if self.error_cases is not None:
            with context.step("explain the error cases"):
                cases = error_cases(
                    labelled, inputs, served.model, self.cases, self.explainer, served.captions
                )
            findings |= error_findings(cases, self.error_cases, served.captions)
        return context.conclude(
            findings | self._findings(evaluation, predictions, compared=other is not None)
        )

    def _findings(self, evaluation: Evaluation, predictions: pd.DataFrame, *, compared: bool) -> Findings:
        """The output of the evaluation, what to do next, and whether gates may rely on it."""
        judged = self._has_limits(compared=compared)
        without = "none for a gate on the verdict: no metric has a minimum or maximum"
        certification = command(self, "CertificationJob", alias_or_version=self.alias_or_version)
        return Findings(
            facts={} if judged else {"evidence": without},
            tags={} if judged else {JUDGED: "false"},
            outputs=[Output("evaluations", self.evaluations, evaluation.scores)],
            evidence=self.rows == "held_out",
            next=[certification] if evaluation.passed else [],
            values={
                "evaluations": evaluation.scores,
                "findings": evaluation,
                "predictions": predictions,
                "version": self.context.model,
            },
        )

    def _has_limits(self, *, compared: bool) -> bool:
        """Whether there is a limit that the version could miss."""
        metrics = [*self.metrics, *(metric for segment in self.segments for metric in segment.metrics)]
        timed = self.latency is not None and self.latency.maximum_p95_ms is not None
        return compared or timed or any(metric.limited for metric in metrics)

    def _other(self) -> Served | None:
        """The version to compare with; None without a baseline, or if its alias need not exist yet."""
        if self.baseline is None:
            return None
        context, wanted = self.context, self.baseline.alias_or_version
        named = isinstance(wanted, str) and not wanted[:1].isdigit()
        if named and wanted not in aliases_of(context.client, context.name):
            if not self.baseline.allow_first:
                msg = (
                    f"baseline: the model {context.name!r} has no alias {wanted!r}; set `allow_first: true` "
                    "if there is none yet."
                )
                raise ModelError(msg)
            context.facts["baseline"] = "none yet"
            return None
        other = context.other(self.loader, wanted)
        context.facts["baseline"] = other.pinned.version
        return other

    def _table(self, served: Served, records: list[Record], target: str) -> pd.DataFrame:
        """The rows to score, in an order that depends on their ids alone; tags of the run identify them."""
        context = self.context
        extra = [target, *(self.splitter.columns if self.splitter else [])]
        extra += [segment.column for segment in self.segments]
        extra += columns_of(records, self.inputs)
        schemas = [record.schema for record in records]
        wanted = [*(name for schema in schemas if schema for name in schema.columns), *extra]
        columns = None if schemas[0] is None else list(dict.fromkeys(wanted))
        reader = served.reader(self.inputs, *schemas[1:], served.truth_schema(target))
        table = context.read(reader, "evaluation", columns)
        TargetsSchema.check(table, target, self.inputs.source)
        selection = RowSelection(records, self.inputs, self.splitter, target, self.rows)
        table, context.facts[FACT] = selection.select(table)
        context.facts["evaluation_rows"] = len(table)
        table = shuffled(table, self.intervals.seed)
        ids = json.dumps(sorted(map(str, table.index)))
        digest = hashlib.sha256(ids.encode()).hexdigest()
        tags = {ROWS: digest, DATA: context.linked.digest}
        tags[DATA_BEFORE] = digest_before(self.inputs, reader, columns)
        context.run.tag({name: text for name, text in tags.items() if text})
        return table

    def _predict(self, served: Served, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A version's inputs and predictions."""
        inputs = self.context.check(served.schema, table, self.inputs.source)
        predictions = served.model.predict(inputs)
        if len(predictions.drop_duplicates()) == 1:
            logger.warning("{} predicts the same for all {} rows", served.pinned, len(inputs))
        return inputs, predictions

    def _segments(self, labelled: LabelledPredictions, table: pd.DataFrame) -> pd.DataFrame | None:
        import pandas as pd

        if not self.segments:
            return None
        parts = [segment.table(self.metrics, labelled, table, self.intervals) for segment in self.segments]
        return pd.concat(parts, ignore_index=True).set_index(["segment", "cell"])
