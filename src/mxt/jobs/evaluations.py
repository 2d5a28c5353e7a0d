"""Evaluation: is this version good enough on this data?"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.assessments.classes import classes_table
from mxt.assessments.confidence import confidence_table
from mxt.assessments.latency import LatencyTest
from mxt.assessments.scores import Baseline, Drawing, Told, scores_table
from mxt.assessments.segments import Segment
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.datasets.writers.base import Writer
from mxt.errors import ModelError
from mxt.findings import Findings, Output
from mxt.findings.tags import DATA, DATA_BEFORE, JUDGED, ROWS
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import FACT, Record, ScoredRows, Scoring, columns_of
from mxt.jobs.base.positives import chosen, warn_of_other
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.metrics.base.answers import Classes, Named, answers
from mxt.pages.evaluations import Evaluation
from mxt.registries.readings import digest_before
from mxt.registries.versions import aliases_of
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

    from mxt.models import Model
    from mxt.registries.served import Served


@dataclass(frozen=True)
class Rows:
    """The rows evaluated, in an order that their ids decide."""

    table: pd.DataFrame
    """Every column read."""
    truth: pd.Series[Any]


class EvaluationsJob(ModelJob):
    """Scores a version on a table; the verdict is yes if every score keeps its limits.

    Every score has a 95 % interval. Scores by class and by confidence come with them; those of segments,
    beside another version, and of time, are asked for.

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
    """Column with the truth; the one that the model was trained on if left out."""

    splitter: OneOf[Splitter] | None = None
    """Use only the test part of this split. If left out, a table that holds rows of the training gives those
    that no version was fitted to, and any other table is taken whole."""

    rows: ScoredRows = "held_out"
    """``training`` allows rows that a version was fitted to; such an evaluation is no evidence for a gate."""

    positive: Named = None
    """The positive class, by which metrics score that name none; the one recorded with the version if left
    out, else the last of two in alphabetical order."""

    metrics: tuple[OneOf[Metric], ...] = Field(min_length=1)
    """Scores, with the limits that they must keep."""

    intervals: Drawing = Field(default={}, validate_default=True)
    """How the intervals that are drawn are drawn."""

    segments: tuple[Segment, ...] = ()
    """Parts of the rows that are scored by themselves."""

    baseline: Baseline | None = None
    """Another version that the scores must bear comparison with."""

    latency: LatencyTest | None = None
    """Also time predictions; the numbers differ from run to run."""

    evaluations: OneOf[Writer] | None = None
    """Also write the table of scores here."""

    @model_validator(mode="after")
    def _tell_metrics_apart(self) -> Self:
        for metrics in (self.metrics, *(segment.metrics for segment in self.segments)):
            twice = [
                label for label, count in Counter(metric.label for metric in metrics).items() if count > 1
            ]
            if twice:
                kind, msg = "twice", "two metrics are called {label}"
                raise PydanticCustomError(kind, msg, {"label": twice[0]})
        return self

    def run(self) -> Locals:
        context = self.context
        served = self.serve()
        other = self._other()
        records = [Record.of(each) for each in (served, other) if each is not None]
        rows = self._rows(served, records)
        inputs, predictions = self._predict(served, rows)
        told = Told(rows.truth, predictions, chosen(self.positive, served.model))
        with context.step(f"score {len(rows.truth)} rows"):
            scores = scores_table(self.metrics, told, self.intervals)
            if other is not None and self.baseline is not None:
                others = self._others(other, rows, told, served.model, scores)
                scores = scores.join(self.baseline.compare(self.metrics, told, others, self.intervals))
            segments = self._segments(told, rows.table)
        latency = None if self.latency is None else self.latency.measure(served.model, inputs)
        found = Evaluation(
            str(served.pinned),
            len(rows.truth),
            scores,
            segments,
            *self._confidence(told),
            latency,
            "" if other is None else str(other.pinned),
            str(context.facts[FACT]),
        )
        return context.conclude(
            found.findings() | self._concluded(found, predictions, compared=other is not None)
        )

    def _concluded(self, found: Evaluation, predictions: pd.DataFrame, *, compared: bool) -> Findings:
        """What becomes of the evaluation: its output, and whether gates may rely on it."""
        judged, model = self._judges(compared=compared), self.context.model
        without = "none for a gate on the verdict: no metric has a minimum or maximum"
        return Findings(
            facts={} if judged else {"evidence": without},
            tags={} if judged else {JUDGED: "false"},
            outputs=[Output("evaluations", self.evaluations, found.scores)],
            evidence=self.rows == "held_out",
            next=[command(self, "CertificationJob", alias_or_version=self.alias_or_version)]
            if found.passed
            else [],
            values={
                "evaluations": found.scores,
                "findings": found,
                "predictions": predictions,
                "version": model,
            },
        )

    def _others(
        self, other: Served, rows: Rows, told: Told, model: Model, scores: pd.DataFrame
    ) -> pd.DataFrame:
        """What another version predicts for the rows."""
        _, predictions = self._predict(other, rows)
        if "positive" in scores and self.positive is None:
            warn_of_other(told.positive, model, other.model, other.pinned)
        return predictions

    def _judges(self, *, compared: bool) -> bool:
        """Whether there is a limit that the version could miss."""
        metrics = [*self.metrics, *(metric for segment in self.segments for metric in segment.metrics)]
        timed = self.latency is not None and self.latency.maximum_p95_ms is not None
        return compared or timed or any(metric.limited for metric in metrics)

    def _other(self) -> Served | None:
        """The version to compare with; None without one, or if it would be the first and may be."""
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

    def _rows(self, served: Served, records: list[Record]) -> Rows:
        """The rows to evaluate; the run states which."""
        context, target = self.context, served.target(self.target)
        extra = [target, *(self.splitter.columns if self.splitter else [])]
        extra += [segment.column for segment in self.segments]
        extra += columns_of(records, self.inputs)
        schemas = [record.schema for record in records]
        wanted = [*(name for schema in schemas if schema for name in schema.columns), *extra]
        columns = None if schemas[0] is None else list(dict.fromkeys(wanted))
        reader = served.reader(self.inputs, *schemas[1:], served.truth_schema(target))
        table = context.read(reader, "evaluation", columns)
        TargetsSchema.check(table, target, self.inputs.source)
        scoring = Scoring(records, self.inputs, self.splitter, target, self.rows)
        table = shuffled(scoring.choose(table, context), self.intervals.seed)
        context.facts["evaluation_rows"] = len(table)
        truth = TargetsSchema.check(table, target, self.inputs.source)
        ids = json.dumps(sorted(map(str, table.index)))
        digest = hashlib.sha256(ids.encode()).hexdigest()
        before = digest_before(self.inputs, reader, columns)
        context.run.tag(
            {ROWS: digest, DATA: context.linked.digest, **({DATA_BEFORE: before} if before else {})}
        )
        return Rows(table, truth)

    def _predict(self, served: Served, rows: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A version's inputs, and what it predicts."""
        inputs = self.context.check(served.schema, rows.table, self.inputs.source)
        predictions = served.model.predict(inputs)
        if len(predictions.drop_duplicates()) == 1:
            logger.warning("{} predicts the same for all {} rows", served.pinned, len(inputs))
        return inputs, predictions

    def _segments(self, told: Told, table: pd.DataFrame) -> pd.DataFrame | None:
        import pandas as pd

        if not self.segments:
            return None
        parts = [segment.table(self.metrics, told, table, self.intervals) for segment in self.segments]
        return pd.concat(parts, ignore_index=True).set_index(["segment", "cell"])

    def _confidence(self, told: Told) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
        """The tables of classes and of confidence, as far as the model has any."""
        found = answers(told.truth, told.predictions)
        if not isinstance(found, Classes):
            return None, None
        confidence = None if found.shares is None else confidence_table(found)
        return classes_table(found, self.intervals), confidence
