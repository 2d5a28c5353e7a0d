"""A/B test: is the treatment better than the control, or at least not worse, and is the experiment sound?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.datasets.writers.base import Writer
from mxt.endpoints.base import Endpoint, by_label
from mxt.endpoints.base.arms import NO_SUBJECTS, Arm, arms_of, needed
from mxt.endpoints.base.assignments import Salt, Variant, assigned, assignments_table, check_split
from mxt.endpoints.base.contrasts import overall, with_verdicts
from mxt.endpoints.base.designs import Design, Looks
from mxt.errors import ConfigError, DataError
from mxt.findings import Findings, Output
from mxt.jobs.base import Job, Locals
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import FACT, Record, RowSelection, ScoredRows, columns_of
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.positives import agreed
from mxt.kinds import OneOf
from mxt.metrics.base.answers import Named
from mxt.pages.ab_tests import ab_test_findings, results_table
from mxt.registries.loaders.base import Loader
from mxt.registries.readings import suited
from mxt.registries.served import Served, ServedArms, Versions
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    import pandas as pd

Level = Annotated[float, Field(gt=0, lt=0.5)]


class ABTestJob(Job):
    """Compares two arms of an experiment by endpoints; the verdict is yes if each hypothesis holds.

    Arms are two registered versions, an observed column, or both. The verdict is no if an endpoint is shown
    to fail, or if the arms got other shares of the subjects than planned; then nothing else is reported.

    Example:
        KIND: ABTestJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        variant: {column: variant, control: A, treatment: B}
        endpoints:
          - {KIND: RateEndpoint, column: Churn, value: "Yes", higher_is_better: false, margin: 0.02}
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [name], "properties": {name: {"type": kind}}}
                for name, kind in (("variant", "object"), ("salt", "string"))
            ]
        }
    )

    KIND: Literal["ABTestJob"] = "ABTestJob"

    inputs: OneOf[Reader]
    """The table of the experiment: subjects, outcomes, and what the versions predict from."""

    subject: str | None = None
    """Column that names the subject of a row: who is assigned, and whose rows belong together. Each row is a
    subject of its own if left out. With a salt the subject's text is hashed. A CSV's id column is read as
    text; another column is if a value such as 007 stands in the first megabyte; else name its type `string`
    in `types`."""

    variant: Variant | None = None
    """The arm of each row, where it was observed."""

    salt: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Name of the experiment, by which subjects are assigned where no variant was observed: the SHA-256 of
    salt and subject decides the arm. It needs a `subject`, or the `id_column` of the inputs."""

    control_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The share of the subjects that was planned for the control arm."""

    versions: Versions | None = None
    """The versions that predict the rows of the arms."""

    prediction: str | None = None
    """Column of the predictions that were served, instead of predictions by `versions`."""

    target: str | None = None
    """Column with the truth; the one that the versions were trained on if left out."""

    splitter: OneOf[Splitter] | None = Field(default=None, exclude_if=lambda splitter: splitter is None)
    """Where `versions` predict, use only the test part of this split. If left out, rows that a version
    was fitted to are dropped from a table that holds rows of a training; any other table is taken whole."""

    rows: ScoredRows = "held_out"
    """``training`` allows rows that a version was fitted to."""

    positive: Named = None
    """The positive class, for endpoints whose config names none; the one recorded with the versions if left
    out, else the last of two in alphabetical order."""

    endpoints: tuple[OneOf[Endpoint], ...] = Field(min_length=1)
    """What the arms are compared by; the verdict is yes if every endpoint says yes."""

    level: Level = 0.05
    """One-sided level of each test: the chance of a wrong yes. Claims of superiority share it."""

    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.8
    """The chance of a right yes that the number of needed subjects is computed for."""

    looks: Looks | None = None
    """Looks before the end of the experiment; none if left out."""

    mismatch_level: Level = 0.001
    """Arms whose sizes are less likely than this under the planned shares are called a mismatch."""

    loader: OneOf[Loader] = Field(default={"KIND": "MlflowLoader"}, validate_default=True)
    """How the versions are loaded."""

    results: OneOf[Writer] | None = None
    """Also write the results here: a row for each endpoint."""

    assignments: OneOf[Writer] | None = None
    """Also write the arm of each subject here."""

    @model_validator(mode="after")
    def _assigned_in_one_way(self) -> Self:
        if (self.variant is None) == (self.salt is None):
            msg = "arms come from an observed `variant` or from a `salt`; name one of the two"
            raise ValueError(msg)
        kind, msg = "contradiction", "`splitter` and `rows` choose what `versions` predict; name these"
        if self.versions is None and (self.splitter is not None or self.rows == "training"):
            raise PydanticCustomError(kind, msg)
        no_ids = self.inputs.id_column is None and self.versions is None  # which may remember some
        if self.salt is not None and self.subject is None and no_ids:
            raise PydanticCustomError(kind, NO_SUBJECTS)
        return self

    def run(self) -> Locals:
        pair = self._served()
        return inheriting(self).compare(pair)

    def compare(self, pair: ServedArms | None) -> Locals:
        """Compare the arms of the table, which the job's readers read as they are."""
        context, endpoints = self.context, by_label(self.endpoints)
        claims = max(sum(end.hypothesis == "superiority" for end in self.endpoints), 1)
        design = Design(self.level, self.power, self.control_share, self.looks, claims)
        target = self._target(pair)
        table = self._read(pair, target)
        rule = self.variant or Salt(str(self.salt), self.control_share)
        subjects, treated = assigned(table, self.inputs, self.subject, rule)
        if target is not None:
            TargetsSchema.check(table, target, self.inputs.source)
        positive = agreed(self.positive, pair, self.endpoints)
        arms = arms_of(table, subjects, treated, self.inputs.source, target, positive)
        p_split, split = check_split(arms, self.control_share, self.mismatch_level)
        context.facts |= split
        with context.step(f"compare the arms by {len(endpoints)} endpoints"):
            if "mismatch" in split:
                contrasts = [end.unknown("the arms' sizes are a mismatch") for end in self.endpoints]
            else:
                control, treatment = map(self._completed, arms, pair or (None, None))
                contrasts = [end.compare(control, treatment, design) for end in self.endpoints]
        named = [replace(part, endpoint=name) for name, part in zip(endpoints, contrasts, strict=True)]
        contrasts = with_verdicts(named, design)
        verdict = "no" if "mismatch" in split else overall(contrasts)
        tried = pair.treatment.pinned.version if pair is not None and verdict == "yes" else None
        return context.conclude(
            ab_test_findings(contrasts, verdict, design, (pair or rule).description, context.facts)
            | Findings(
                scores={"mismatch_p": p_split},
                outputs=[
                    Output("assignments", self.assignments, assignments_table(subjects, treated)),
                    Output("results", self.results, results_table(contrasts)),
                ],
                evidence=pair is not None and self.rows == "held_out",
                next=[command(self, "PromotionJob", alias_or_version=tried)] if tried else [],
            )
        )

    def _served(self) -> ServedArms | None:
        """The versions of both arms; the run is tied to the treatment's."""
        if self.versions is None:
            return None
        names = self.versions.control, self.versions.treatment
        control, treatment = (self.context.other(self.loader, name) for name in names)
        self.context.pinned(treatment.pinned)
        self.context.facts |= (pair := ServedArms.of(control, treatment)).facts
        return pair

    def _target(self, pair: ServedArms | None) -> str | None:
        """The column with the truth; None if no endpoint needs predictions.

        Raises:
            ConfigError: There are no predictions, or the versions' target is unknown or not the same.
        """
        labels = ", ".join(end.label for end in self.endpoints if end.needs_predictions)
        if not labels:
            return None
        if pair is None and not self.prediction:
            msg = f"{labels}: there are no predictions; give the job `versions` or `prediction`."
            raise ConfigError(msg)
        target = self.target or (pair and pair.recorded_target)
        if target is None:
            msg = f"{labels}: it is not known which column is predicted; give the job its `target`."
            raise ConfigError(msg)
        return target

    def _completed(self, arm: Arm, served: Served | None) -> Arm:
        """The arm with the model and the predictions that its endpoints need."""
        if served is not None and any(end.needs_models or end.needs_predictions for end in self.endpoints):
            inputs = self.context.check(served.schema, arm.table, arm.source)
            with self.context.step(f"predict {len(inputs)} rows of the {arm.name} arm by {served.pinned}"):
                arm = arm.served_by(served.model, inputs)
        return arm if self.prediction is None else replace(arm, predictions=arm.outcome(self.prediction))

    def _read(self, pair: ServedArms | None, target: str | None) -> pd.DataFrame:
        """The rows to compare, with every column that is needed, in an order that their ids decide.

        Raises:
            DataError: A column is absent, or a version was fitted to the rows.
        """
        schemas, needed = [served.schema for served in pair or ()], self._columns(target)
        scored = self.prediction is None and any(end.needs_predictions for end in self.endpoints)
        records = [Record.of(served) for served in pair or () if scored]
        names = [name for schema in schemas if schema is not None for name in schema.columns]
        names = [*dict.fromkeys([*names, *columns_of(records, self.inputs), *needed])]
        truth = [served.truth_schema(target) for served in pair or () if target]
        reader = suited(self.inputs, self.context.model, *schemas, *truth)
        table = self.context.read(reader, "experiment", None if None in schemas else names)
        if absent := sorted({*needed} - {*table.columns}):
            msg = f"{self.inputs.source} has no columns {absent}; it has {self.inputs.names()}."
            raise DataError(msg)
        if records:
            rows = RowSelection(records, self.inputs, self.splitter, target or "", self.rows)
            table, self.context.facts[FACT] = rows.select(table)
            self.context.facts["experiment_rows"] = len(table)
        return shuffled(table, 0)

    def _columns(self, target: str | None) -> list[str]:
        """Columns that the job needs beside the models' inputs, in alphabetical order."""
        variant = None if self.variant is None else self.variant.column
        parts = [name for part in (*self.endpoints, self.splitter) if part for name in part.columns]
        return needed(self.inputs.id_column, self.subject, [variant, self.prediction, target, *parts])
