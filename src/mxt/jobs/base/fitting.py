"""What jobs that make a model do: from a table to a registered model version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from mxt.configs import Location
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.base.remembered import remembered
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.jobs.base import Job, Locals
from mxt.jobs.base.commands import command
from mxt.jobs.base.declared import Declared
from mxt.jobs.base.excluded import refuse_absent
from mxt.jobs.base.learning import check_target, inferred_schema, refuse_lost_classes, refuse_shared
from mxt.jobs.base.positives import of_targets
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.metrics.base.answers import TWO, Named, text_of
from mxt.metrics.sklearn import SklearnMetric
from mxt.models.base import Recipe
from mxt.models.base.targets import plain_targets
from mxt.registries.registers.base import Register
from mxt.registries.savers.base import Saver
from mxt.registries.versions import HELD_OUT_TAG, SEMVER_TAG, TRAINING_DATA_TAG, SemanticVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.findings import Findings
    from mxt.models import Model
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema

BACKGROUND_ROWS = 10_000
"""Rows of the training inputs that are kept with the model, for explanations and drift."""


@dataclass(frozen=True)
class Choice:
    """The recipe that is to make the model."""

    recipe: Recipe
    values: Mapping[str, Any] = field(default_factory=dict)
    """What else the Locals hold."""


class FittingJob(Job, ABC):
    """Reads a table, splits it, fits a recipe, scores it on the held-out part, and registers the model.

    The schema of the inputs, a sample of them and the fingerprint of the whole table are stored with
    the version. The rows' order in the source does not matter.
    """

    inputs: OneOf[Reader]
    """The table to learn from, target included."""

    target: str
    """Column to predict."""

    exclude: tuple[str, ...] = ()
    """Columns that the model must not see. A name that the table does not have is a warning, so that a config
    can serve several tables; the table must have one of the names."""

    splitter: OneOf[Splitter] = Field(default={"KIND": "HoldoutSplitter"}, validate_default=True)
    """How rows are held out to score the model on."""

    recipe: OneOf[Recipe]
    """How the model is made."""

    metrics: tuple[OneOf[Metric], ...] = ()
    """Scores on the held-out part; roc_auc of two classes, accuracy of more, or r2 if left out."""

    inputs_schema: Location | None = None
    """A pandera schema in YAML for the inputs, with captions and units of columns; if it holds captions
    alone, or is left out, the schema is inferred from the table."""

    saver: OneOf[Saver] = Field(default={"KIND": "MlflowSaver"}, validate_default=True)
    """How the model is stored."""

    register_: OneOf[Register] = Field(
        default={"KIND": "MlflowRegister"}, validate_default=True, alias="register"
    )
    """How the version is registered."""

    positive: Named = None
    """The positive class of a classifier, by which metrics score that name none; recorded with the version,
    for the jobs that score it later. The last of two in alphabetical order counts if left out."""

    version: SemanticVersion | None = None
    """Semantic version of the model, such as "1.2.3"; each can be given once."""

    alias: str | None = None
    """Alias that moves to the new version if its scores keep their limits."""

    @model_validator(mode="after")
    def _target_is_a_column_of_its_own(self) -> Self:
        refuse_shared(self.target, {"exclude": self.exclude, "inputs.id_column": [self.inputs.id_column]})
        return self

    @abstractmethod
    def choose(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Choice:
        """The recipe to fit, where only the training part may be looked at.

        Args:
            inputs: Those of the training part, checked, in an order that their ids decide.
            table: The same rows with every column of the source, the target included.
        """

    def run(self) -> Locals:
        from mxt.datasets.fitted import FittedRows
        from mxt.findings import Findings
        from mxt.jobs.base.columns import look
        from mxt.jobs.base.learning import made_before
        from mxt.registries.digests import RECIPE_FILE
        from mxt.registries.predecessors import refuse_other_model
        from mxt.registries.rows import digest_of

        context = self.context
        if self.version and (made := made_before(context, self.version)):
            return made
        declared = Declared.read(self.inputs_schema)
        table = self._table(declared.schema)
        truth = plain_targets(table[self.target], self.recipe.task)
        self._state_positive(truth)
        schema = declared.captioned(
            declared.schema or inferred_schema(table, self.target, self.exclude, self.inputs.source),
            self.inputs,
        )
        refuse_other_model(self.mlflow_service, self.target, schema.columns)
        inputs = schema.check(table, self.inputs.source)
        columns = look(table, schema.columns, self.inputs, schema.captions)
        parts = self.splitter.split(table, self.target)
        training, learned_truth = inputs.loc[parts.train.index], truth.loc[parts.train.index]
        refuse_lost_classes(learned_truth, truth, self.splitter, self.recipe)
        learned = schema.categorised(training)
        choice = self.choose(learned, parts.train.assign(**{self.target: learned_truth}))
        model = (
            self._fit(choice.recipe, learned, learned_truth)
            .with_positive(text_of(self.positive))
            .with_background(training.head(BACKGROUND_ROWS))
        )
        findings = self._scored(model, inputs.loc[parts.test.index], truth.loc[parts.test.index])
        context.record(
            findings | columns | Findings(files={RECIPE_FILE: choice.recipe.model_dump_json(indent=2)})
        )
        digest, id_column = context.linked.digest, self.inputs.id_column
        fitted = replace(
            FittedRows.of(inputs, table[self.target], training.index, digest, self.splitter, id_column),
            reader=remembered(self.inputs),
        )
        pinned = self._register(model, schema, inputs, fitted, digest_of(parts.test))
        concluded = self._concluded(pinned, passed=bool(findings.passed))
        return context.conclude(concluded | Findings(values={"model": model, **choice.values}))

    def _scored(self, model: Model, inputs: pd.DataFrame, truth: pd.Series[Any]) -> Findings:
        """The scores on the rows held out, and whether they keep their limits."""
        from mxt.pages.training import scored

        metrics, predictions = self.metrics_for(truth), model.predict(inputs)
        scores = {metric.label: metric.score(truth, predictions) for metric in metrics}
        return scored(self.target, len(truth), metrics, scores)

    def _concluded(self, pinned: Pinned, *, passed: bool) -> Findings:
        """What becomes of a registered version: the alias moves to it if its scores keep their limits."""
        from mxt.findings import Findings
        from mxt.registries import intents
        from mxt.registries.aliases import Move, move_tags

        context, tags = self.context, {}
        answer = f"It is registered as {pinned}"
        if self.alias and passed:
            decided = Move(self.alias, None, pinned.version, why="its training kept the limits")
            moved = intents.move_anyway(context.client, context.name, context.run.run_id, decided)
            tags = move_tags(context.name, moved, why=moved.why)
            answer += f", which {self.alias} stands for now"
        return Findings(
            answer=[f"{answer}."],
            tags=tags,
            evidence=True,
            next=[command(self, "EvaluationsJob", alias_or_version=pinned.version)],
            values={"version": pinned},
        )

    def metrics_for(self, truth: pd.Series[Any]) -> tuple[OneOf[Metric], ...]:
        """The metrics, or the one that fits the targets `truth` if the config names none."""
        fitting = "roc_auc" if truth.nunique() == TWO else "accuracy"
        name = "r2" if self.recipe.task == "regression" else fitting
        metrics = self.metrics or (SklearnMetric(name=name),)
        return tuple(metric.about(text_of(self.positive)) for metric in metrics)

    def _state_positive(self, targets: pd.Series[Any]) -> None:
        """Say which class scores are about, before anything is fitted.

        Raises:
            ConfigError: A class that is named is none of the targets.
        """
        from mxt.pages.positives import positive_fact

        numbers = self.recipe.task == "regression"
        classes = of_targets(self.positive, self.metrics_for(targets), targets, numbers=numbers)
        named = {} if self.positive is None else {"positive": str(self.positive)}
        self.context.facts |= positive_fact(classes) or named

    def _table(self, declared: InputsSchema | None) -> pd.DataFrame:
        """The whole table in an order that its ids decide."""
        from mxt.registries.readings import suited

        table = self.context.read(suited(self.inputs, None, declared), "training")
        check_target(table, self.target, self.recipe, self.inputs.source)
        ids = [self.inputs.id_column] if self.inputs.id_column else []
        refuse_absent(self.exclude, [*map(str, table.columns), *ids], self.inputs.source)
        return shuffled(table, self.recipe.seed)

    def _fit(self, recipe: Recipe, inputs: pd.DataFrame, targets: pd.Series[Any]) -> Model:
        with self.context.step(f"fit {type(recipe).__name__} to {len(inputs)} rows"):
            model = recipe.fit(inputs, targets)
        self.context.facts |= recipe.outcome(model)
        return model

    def _register(
        self,
        model: Model,
        schema: InputsSchema,
        inputs: pd.DataFrame,
        fitted: FittedRows,
        held_out: str,
    ) -> Pinned:
        from mxt.registries.readings import READING_TAG

        context = self.context
        with context.step("save and register the model"):
            uri = self.saver.save(model, schema, inputs.head(100), self.target, fitted)
            tags = {
                TRAINING_DATA_TAG: context.linked.digest,
                HELD_OUT_TAG: held_out,
                READING_TAG: self.inputs.reading or "exact",
                **({SEMVER_TAG: self.version} if self.version else {}),
            }
            pinned = self.register_.register(context.client, context.name, uri, context.run.run_id, tags)
        context.pinned(pinned)
        return pinned
