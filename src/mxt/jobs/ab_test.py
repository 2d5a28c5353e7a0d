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
from mxt.endpoints.base.arms import Arm
from mxt.endpoints.base.findings import Finding, decided, together
from mxt.endpoints.base.plans import Looks, Plan
from mxt.errors import DataError
from mxt.findings import Findings, Output
from mxt.jobs.base import Job, Locals
from mxt.jobs.base.arms import Versions, arms_in_words, arms_of, refuse_id, served, truth_column, with_model
from mxt.jobs.base.assignments import (
    Variant,
    assignments_table,
    check_split,
    hashed,
    observed,
    refuse_empty,
    subjects_of,
    warn_of_inferred,
)
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import FACT, Record, RowSelection, ScoredRows, columns_of
from mxt.jobs.base.positives import agreed
from mxt.kinds import OneOf
from mxt.metrics.base.answers import Named
from mxt.pages.ab_tests import ab_test_findings, results_table
from mxt.registries.loaders.base import Loader
from mxt.registries.readings import suited
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.registries.served import Served

Level = Annotated[float, Field(gt=0, lt=0.5)]


class ABTestJob(Job):
    """Compares two arms of an experiment by endpoints; the verdict is yes if each hypothesis holds.

    Arms are two registered versions, an observed column, or both. The verdict is no if an endpoint is shown
    to fail, or if the arms got other shares of the subjects than planned; then nothing else is told.

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
    subject of its own if left out. With a salt its text is hashed. A CSV's id column is read as text; other
    columns are if the first megabyte shows a 007, so name the type `string` in `types` if it may not."""

    variant: Variant | None = None
    """The arm of each row, where it was observed."""

    salt: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Name of the experiment, by which subjects are assigned where no variant was observed: the SHA-256 of
    salt and subject decides the arm. It asks for a `subject`, or for the `id_column` of the inputs."""

    control_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The share of the subjects that was planned for the control arm."""

    versions: Versions | None = None
    """The versions that predict the rows of the arms."""

    prediction: str | None = None
    """Column of the predictions that were served, instead of those of `versions`."""

    target: str | None = None
    """Column with the truth; the one that the versions were trained on if left out."""

    splitter: OneOf[Splitter] | None = Field(default=None, exclude_if=lambda splitter: splitter is None)
    """Where `versions` predict, use only the test part of this split. If left out, a table that holds rows of
    a training gives those that neither version was fitted to, and any other table is taken whole."""

    rows: ScoredRows = "held_out"
    """``training`` allows rows that a version was fitted to."""
    positive: Named = None
    """The positive class, which endpoints are about that name none; the one recorded with the versions if
    left out, else the last of two in alphabetical order."""

    endpoints: tuple[OneOf[Endpoint], ...] = Field(min_length=1)
    """What the arms are compared by; the verdict is yes if all say so."""

    level: Level = 0.05
    """One-sided level of each test: the chance of a wrong yes. Claims of superiority keep it together."""

    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.8
    """The chance of a right yes that the needed subjects are told for."""

    looks: Looks | None = None
    """Looks before the end of the experiment; none if left out."""

    mismatch_level: Level = 0.001
    """Arms whose sizes are less likely than this under the planned shares are called a mismatch."""

    loader: OneOf[Loader] = Field(default={"KIND": "MlflowLoader"}, validate_default=True)
    """How the versions are loaded."""

    results: OneOf[Writer] | None = None
    """Also write the findings here: a row for each endpoint."""

    assignments: OneOf[Writer] | None = None
    """Also write the arm of each subject here."""

    @model_validator(mode="after")
    def _assigned_in_one_way(self) -> Self:
        if (self.variant is None) == (self.salt is None):
            msg = "arms come from an observed `variant` or from a `salt`; name one of the two"
            raise ValueError(msg)
        kind, told = "contradiction", "`splitter` and `rows` choose what `versions` predict; name these"
        if self.versions is None and (self.splitter is not None or self.rows == "training"):
            raise PydanticCustomError(kind, told)
        told = "a salt hashes subjects, and a row's number is none; name `subject` or `inputs.id_column`"
        if self.salt is not None and self.subject is None and self.inputs.id_column is None:
            raise PydanticCustomError(kind, told)
        return self

    def run(self) -> Locals:
        context, endpoints = self.context, by_label(self.endpoints)
        claims = sum(end.hypothesis == "superiority" for end in self.endpoints)
        plan = Plan(self.level, self.power, self.control_share, self.looks, max(claims, 1))
        pair = None if self.versions is None else served(context, self.loader, self.versions)
        table = self._read(pair)
        subjects = subjects_of(table, self.subject, self.inputs.source)
        treated = self._treated(table, subjects)
        target = self._target(pair)
        if target is not None:
            TargetsSchema.check(table, target, self.inputs.source)
        positive = agreed(self.positive, pair, self.endpoints)
        split = arms_of(table, subjects, treated, self.inputs.source, target, positive)
        p_split = check_split(context, split, self.control_share, self.mismatch_level)
        sound = p_split >= self.mismatch_level
        with context.step(f"compare the arms by {len(self.endpoints)} endpoints"):
            untold = [endpoint.untold("the arms' sizes are a mismatch") for endpoint in self.endpoints]
            findings = self._compare(split, pair, plan) if sound else untold
            findings = [
                replace(found, endpoint=name) for name, found in zip(endpoints, findings, strict=True)
            ]
        verdict = together(findings) if sound else "no"
        tried = pair[1].pinned.version if pair is not None and verdict == "yes" else None
        return context.conclude(
            ab_test_findings(findings, verdict, plan, arms_in_words(pair, self.variant), context.facts)
            | Findings(
                scores={"mismatch_p": p_split},
                outputs=[
                    Output("assignments", self.assignments, assignments_table(subjects, treated)),
                    Output("results", self.results, results_table(findings)),
                ],
                evidence=pair is not None and self.rows == "held_out",
                next=[command(self, "PromotionJob", alias_or_version=tried)] if tried else [],
            )
        )

    def _compare(
        self, split: tuple[Arm, Arm], pair: tuple[Served, Served] | None, plan: Plan
    ) -> list[Finding]:
        control, treatment = pair or (None, None)
        arms = self._completed(split[0], control), self._completed(split[1], treatment)
        return decided([endpoint.compare(*arms, plan) for endpoint in self.endpoints], plan)

    def _read(self, pair: tuple[Served, Served] | None) -> pd.DataFrame:
        """The rows to compare in an order that their ids decide, with every column that is asked for.

        Raises:
            ConfigError: The id column is to be something else too.
            DataError: A column is absent, or a version was fitted to the rows.
        """
        schemas, records = [by.schema for by in pair or ()], self._records(pair)
        target = self._target(pair)
        own = [
            None if self.subject == self.inputs.id_column else self.subject,
            self.variant.column if self.variant else None,
            self.prediction,
            target,
        ]
        asked = {name for name in own if name}.union(*(endpoint.columns for endpoint in self.endpoints))
        asked |= {*(self.splitter.columns if self.splitter else [])}
        refuse_id(self.inputs.id_column, asked)
        names = [name for schema in schemas if schema is not None for name in schema.columns]
        names += columns_of(records, self.inputs)
        wanted = None if None in schemas else [*dict.fromkeys([*names, *sorted(asked)])]
        truth = [by.truth_schema(target) for by in pair or () if target]
        reader = suited(self.inputs, self.context.model, *schemas, *truth)
        table = self.context.read(reader, "experiment", wanted)
        absent = sorted(asked - {*table.columns})
        if absent:
            msg = f"{self.inputs.source} has no columns {absent}; it has {self.inputs.names()}."
            raise DataError(msg)
        if records:
            chosen = RowSelection(records, self.inputs, self.splitter, target or "", self.rows)
            table, self.context.facts[FACT] = chosen.select(table)
            self.context.facts["experiment_rows"] = len(table)
        return shuffled(table, 0)

    def _records(self, pair: tuple[Served, Served] | None) -> list[Record]:
        """What is kept of the rows that the versions were fitted to, if their predictions are compared."""
        scored = self.prediction is None and any(endpoint.needs_predictions for endpoint in self.endpoints)
        return [Record.of(by) for by in pair or () if scored]

    def _target(self, pair: tuple[Served, Served] | None) -> str | None:
        """The column with the truth, if an endpoint asks for predictions."""
        asking = [endpoint.label for endpoint in self.endpoints if endpoint.needs_predictions]
        return truth_column(asking, self.target, pair, predicted=bool(pair or self.prediction))

    def _treated(self, table: pd.DataFrame, subjects: pd.Series[str]) -> np.ndarray:
        """Whether each row is in the treatment arm."""
        if self.variant is not None:
            treated = observed(table, subjects, self.variant, self.inputs.source)
        else:
            warn_of_inferred(self.inputs, self.subject, table)
            treated = hashed(subjects, str(self.salt), self.control_share)
        refuse_empty(treated, self.inputs.source)
        return treated

    def _completed(self, arm: Arm, by: Served | None) -> Arm:
        """The arm with what its endpoints ask of models and predictions."""
        if by is not None and any(end.needs_models or end.needs_predictions for end in self.endpoints):
            arm = with_model(arm, by, self.context)
        return arm if self.prediction is None else replace(arm, predictions=arm.outcome(self.prediction))
