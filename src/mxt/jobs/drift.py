"""Drift: comparing the data of today with the data that a version was trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.readers.base import Reader
from mxt.datasets.writers.base import Writer
from mxt.drift.base import Comparison, Drift
from mxt.drift.base.profiles import Profile, digest, merged, to_bytes
from mxt.errors import ConfigError, DataError, ModelError
from mxt.findings import Findings, Output
from mxt.jobs.base import Locals
from mxt.jobs.base.columns import first_rows
from mxt.jobs.base.commands import command
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.stream import StreamJob
from mxt.kinds import OneOf
from mxt.pages.drift import drift_answer, drift_page
from mxt.schemas import InputsSchema
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.streams.tasks import Done, Task, Workload

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models import Model
    from mxt.registries.served import Served

_MEASURES = ({"KIND": "PsiDrift"}, {"KIND": "KsDrift"}, {"KIND": "MissingDrift"}, {"KIND": "UnseenDrift"})

PART_ROWS = 65_536

PROFILES = "profiles"
"""Name of the profiles in the state of each part, which are merged over all parts."""


class DriftJob(StreamJob):
    """Compares each input column, and the predictions, with the sample kept at training, part by part.

    Missing values and new categories are compared and not refused. Predictions are compared for the rows that
    the model accepts.

    Example:
        KIND: DriftJob
        current: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        comparisons: {KIND: ParquetWriter, path: outputs/drift.parquet}
        alias_or_version: Challenger
    """

    KIND: Literal["DriftJob"] = "DriftJob"

    current: OneOf[Reader]
    """The table to compare."""

    reference: OneOf[Reader] | None = None
    """The table to compare with, held in memory; the sample kept with the version if left out."""

    measures: tuple[OneOf[Drift], ...] = Field(default=_MEASURES, validate_default=True, min_length=1)
    """How to compare columns; each measure is applied to every column that it is defined for."""

    predictions: bool = True
    """Whether to compare the predictions of the model too."""

    drifted_columns_allowed: Annotated[int, Field(ge=0)] = 0
    """The verdict is no if more columns than this have drifted."""

    comparisons: OneOf[Writer]
    """Where to write the comparisons: a row for each column and measure."""

    def run(self) -> Locals:
        served = self.serve()
        return inheriting(self).compare(served)

    def compare(self, served: Served) -> Locals:
        """Compare the tables, which the job's readers read as they are, for a version."""
        context = self.context
        schema, reference = served.declared, self._reference(served)
        task = Comparing.with_reference(reference, schema, None)
        if self._compares(task.references):
            first_rows(served, self.current, InputsSchema.check_types, self.part_rows)
        if self.predictions:
            task = task.predicting(served.model, reference)
        part_rows, basis = self.part_rows or PART_ROWS, digest(task.references)
        workload = Workload(self.current, schema, task, part_rows, basis=basis)
        self._refuse_idle_measures(task.references)
        with self.worked(workload, self.comparisons, "compare") as parts:
            if self.shard is not None:
                return self.conclude_share(parts)
            self.link(parts, "current")
            with context.step("compare"):
                comparisons = self._compare(task, merged(task.references, parts.states(PROFILES)))
            return context.conclude(self._findings(_table(comparisons), served))

    def _reference(self, served: Served) -> pd.DataFrame:
        """The table to compare with, in the types of the model's inputs."""
        schema, uri = served.declared, served.pinned.uri
        if self.reference is not None:
            reader = served.reader(self.reference)
            return schema.check_types(self.context.read(reader, "reference", schema.columns), reader.source)
        if served.background is None:
            msg = f"{uri} keeps no sample of its training inputs; give the job a `reference`."
            raise ModelError(msg)
        return schema.check_types(served.background, f"{uri} background")

    def _compares(self, references: tuple[Profile, ...]) -> bool:
        """Whether a measure is defined for a column."""
        return any(measure.applies_to(reference) for measure in self.measures for reference in references)

    def _refuse_idle_measures(self, references: tuple[Profile, ...]) -> None:
        """Raise a ConfigError if no measure is defined for any column."""
        if not self._compares(references):
            contents = sorted({reference.holds for reference in references})
            msg = (
                f"measures: none of {self._measures} is for columns such as the model's, which hold "
                f"{', '.join(contents)}; name others."
            )
            raise ConfigError(msg)

    @property
    def _measures(self) -> str:
        return ", ".join(type(measure).__name__ for measure in self.measures)

    def _compare(self, task: Comparing, current: list[Profile]) -> list[Comparison]:
        """Compare the inputs, and the predictions of the rows that the model accepts, if there are any."""
        if task.predictions:
            self.context.facts["rows_the_model_cannot_take"] = current[0].rows - current[-1].rows
        comparisons = [
            measure.compare(reference, profile)
            for reference, profile in zip(task.references, current, strict=True)
            for measure in self.measures
            if profile.rows and measure.applies_to(reference)
        ]
        if not comparisons:
            msg = (
                f"{self.current.source}: the model can take none of its rows, and {self._measures} could "
                "only compare predictions; add a measure for the inputs."
            )
            raise DataError(msg)
        return comparisons

    def _findings(self, table: pd.DataFrame, served: Served) -> Findings:
        drifted = sorted(set(table.index[table["drifted"]]))
        passed = len(drifted) <= self.drifted_columns_allowed
        shown, compared = table.rename(index=served.captions.column), self.context.linked.rows
        return Findings(
            passed=passed,
            answer=drift_answer(shown, served.pinned, compared, self.drifted_columns_allowed),
            facts={"drifted_columns": len(drifted), "drifted": ", ".join(map(str, drifted))},
            scores={"drifted_columns": len(drifted)},
            tables={"drift": table},
            page=drift_page(shown),
            outputs=[Output("comparisons", self.comparisons, table)],
            evidence=True,
            next=[] if passed else [command(self, "ExplanationDiffJob"), command(self, "TrainingJob")],
            values={"comparisons": table, "version": served.pinned},
        )


def _table(comparisons: list[Comparison]) -> pd.DataFrame:
    """One row for each comparison, by column."""
    import pandas as pd

    rows = pd.DataFrame([asdict(comparison) for comparison in comparisons]).set_index("column")
    return rows.astype({"p_value": "float64"})


@dataclass(frozen=True)
class Comparing(Task):
    """Profiles the columns and predictions of a part by the bins and categories of the reference."""

    schema: InputsSchema
    inputs: tuple[Profile, ...]
    """Profiles of the reference's columns."""
    model: Model | None
    predictions: tuple[Profile, ...] = ()
    """Profiles of the reference's probabilities or predicted numbers; empty without a model."""

    @classmethod
    def with_reference(cls, reference: pd.DataFrame, schema: InputsSchema, model: Model | None) -> Comparing:
        """The task for a reference; it keeps little more than the distinct values.

        Raises:
            DataError: The model accepts no row of the reference.
        """
        closed = schema.closed(reference)
        inputs = tuple(Profile.of(closed[name], listed=schema.declares_categories) for name in schema.columns)
        task = cls(schema, inputs, None)
        return task if model is None else task.predicting(model, reference)

    def predicting(self, model: Model, reference: pd.DataFrame) -> Comparing:
        """The task that compares a model's predictions too.

        Raises:
            DataError: The model accepts no row of the reference.
        """
        import pandas as pd

        valid = self.schema.valid(reference)
        if valid.empty:
            msg = "The model can take no row of the reference; choose another, or set `predictions: false`."
            raise DataError(msg)
        before = model.predict(valid)
        names = [name for name in before.columns if name.startswith(PROBABILITY)][1:] or [PREDICTION]
        if not pd.api.types.is_numeric_dtype(before[PREDICTION]):
            before = before.astype({PREDICTION: pd.CategoricalDtype(model.predictor.classes)})
        profiles = tuple(Profile.of(before[name], listed=True) for name in names)
        return replace(self, model=model, predictions=profiles)

    @property
    def references(self) -> tuple[Profile, ...]:
        """Profiles of the reference: of its inputs, and then of its predictions."""
        return self.inputs + self.predictions

    def check(self, schema: InputsSchema, table: pd.DataFrame, source: str) -> pd.DataFrame:
        return schema.check_types(table, source)

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        del table  # the model's inputs are all that is compared
        profiles = [reference.like(inputs[reference.column]) for reference in self.inputs]
        if self.model is not None:
            profiles += self._predicted(self.model, self.schema.valid(inputs))
        return Done(None, {PROFILES: to_bytes(profiles)})

    def _predicted(self, model: Model, inputs: pd.DataFrame) -> list[Profile]:
        if inputs.empty:
            return [replace(reference, counts=0 * reference.counts) for reference in self.predictions]
        predicted = model.predict(inputs)
        return [reference.like(predicted[reference.column]) for reference in self.predictions]
