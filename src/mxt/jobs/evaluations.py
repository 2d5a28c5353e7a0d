"""Evaluation: is this version good enough on this data?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mxt.errors import ConfigError
from mxt.jobs.base import Locals, MetricKind, ModelJob, ReaderKind, SplitterKind, WriterKind
from mxt.registries.versions import EVALUATION_TAG
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    import pandas as pd


class EvaluationsJob(ModelJob):
    """Scores a version on a table; the verdict is yes if every score keeps its limits.

    Example:
        KIND: EvaluationsJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        splitter: {KIND: StratifiedSplitter}
        alias_or_version: Challenger
        metrics: [{KIND: SklearnMetric, name: roc_auc, minimum: 0.8}]
    """

    KIND: Literal["EvaluationsJob"] = "EvaluationsJob"

    inputs: ReaderKind
    """The table to predict, target included."""

    target: str | None = None
    """Column with the truth; the one that the model was trained on if left out."""

    splitter: SplitterKind | None = None
    """Use only the test part of this split: the training's own splitter gives the rows it held out."""

    metrics: tuple[MetricKind, ...] = Field(min_length=1)
    """Scores, with the limits that they must keep."""

    evaluations: WriterKind | None = None
    """Also write the table of scores here."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        target = self.target or self.loader.load_target(pinned.uri)
        if target is None:
            msg = f"{pinned.uri} does not tell what it predicts; give the job its `target`."
            raise ConfigError(msg)
        extra = [target, *(self.splitter.columns if self.splitter else [])]
        _, inputs, table = context.checked_inputs(self.loader, pinned.uri, self.inputs, "evaluation", extra)
        truth = TargetsSchema.check(table, target, self.inputs.source)
        if self.splitter is not None:
            truth = self.splitter.split(table, target).test[target]
        model = context.load(self.loader, pinned.uri)
        with context.step(f"score {len(truth)} rows"):
            predictions = model.predict(inputs.loc[truth.index])
            table = self._judge(truth, predictions)
        passed = self._record(table)
        context.client.set_model_version_tag(
            pinned.name, str(pinned.version), EVALUATION_TAG, context.run.run_id
        )
        return context.conclude(passed=passed, evaluations=table, predictions=predictions, version=pinned)

    def _judge(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> pd.DataFrame:
        """One row for each metric: score, limits, and whether it keeps them."""
        import pandas as pd

        scores = [metric.score(truth, predictions) for metric in self.metrics]
        rows = [
            {
                "metric": metric.label,
                "score": score,
                "limits": metric.limits(),
                "higher_is_better": metric.higher_is_better,
                "rows": len(truth),
                "passed": metric.passes(score),
            }
            for metric, score in zip(self.metrics, scores, strict=True)
        ]
        return pd.DataFrame(rows).set_index("metric")

    def _record(self, table: pd.DataFrame) -> bool:
        context = self.context
        context.run.score({str(label): float(score) for label, score in table["score"].items()})
        context.run.table(table, "evaluations.csv")
        if self.evaluations is not None:
            context.write(self.evaluations, table, "evaluations")
        context.facts |= {str(label): round(float(score), 4) for label, score in table["score"].items()}
        failed = table.index[~table["passed"]]
        if len(failed):
            context.facts["beyond_limits"] = ", ".join(
                f"{label} ({table.loc[label, 'limits']})" for label in failed
            )
        return failed.empty
