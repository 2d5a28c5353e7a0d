"""Tuning: which values of a recipe's fields make the best model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field, ValidationInfo, field_validator

from mxt.datasets.folds import folds
from mxt.datasets.writers.base import Writer
from mxt.findings import Findings, Output
from mxt.jobs.base.configs import parameters
from mxt.jobs.base.fitting import Choice, FittingJob
from mxt.kinds import OneOf
from mxt.metrics.base import positives
from mxt.metrics.base.answers import target_names
from mxt.pages.trials import searched, shown, trials_chart, trials_page, trials_table
from mxt.searches.base import Search
from mxt.searches.base.studies import Study
from mxt.searches.base.trials import best_of
from mxt.services.base.runs import Nested
from mxt.streams.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

    from mxt.searches.base.trials import Trial

TRIAL_TAG = "mxt.trial"


class TuningJob(FittingJob):
    """Searches for the best values of a recipe's fields, and registers the model that they make.

    Each trial is scored in cross-validation on the training part, by the first of `metrics`, and is a nested
    run in MLflow. The best recipe is then fitted to the whole training part, scored on the held-out part,
    which no trial has seen, and registered as a training would register it.

    Example:
        KIND: TuningJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        target: Churn
        recipe: {KIND: XgboostRecipe, calibration: sigmoid}
        search: {KIND: GridSearch, values: {depth: [2, 3], learning_rate: [0.05, 0.1]}}
        alias: Candidate
    """

    KIND: Literal["TuningJob"] = "TuningJob"

    search: OneOf[Search]
    """Which values of the recipe's fields are tried, and how."""

    workers: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that fit at once; what comes out does not depend on them. All cores if left out."""

    trials: OneOf[Writer] | None = None
    """Also write the table of trials here."""

    @field_validator("search", mode="after")
    @classmethod
    def _of_the_recipe(cls, search: OneOf[Search], info: ValidationInfo) -> OneOf[Search]:
        if "recipe" in info.data:
            search.check(info.data["recipe"])
        return search

    def choose(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Choice:
        study = self._study(inputs, table)
        trials, runs = self._trials(study)
        best = best_of(trials, study.metric)
        self.context.client.set_tag(runs[best.number], "mxt.best", "true")
        self.context.record(self._findings(trials, best, study))
        return Choice(self.recipe.varied(best.values), {"trials": trials, "best": best})

    def _study(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Study:
        targets, search = table[self.target], self.search
        self.recipe.check(inputs, targets)
        cut = folds(table, self.target, self.splitter, self.recipe.task, search.folds, search.seed)
        return Study(self.recipe, inputs, targets, cut, self.metrics_for(targets)[0], self.workers)

    def _trials(self, study: Study) -> tuple[list[Trial], dict[int, str]]:
        """Every trial, and its run."""
        context = self.context
        trials: list[Trial] = []
        runs: dict[int, str] = {}
        what = f"score {self.search.total} trials in {len(study.folds)} folds"
        with context.step(what), Progress(context.run, "tune", self.search.total, unit="trial") as progress:
            for done in self.search.trials(study):
                progress.add(len(done))
                trials += done
                runs |= {trial.number: context.run.nest(self._nested(trial, study)) for trial in done}
        for trial in trials:
            if trial.failure:
                logger.warning("trial {} failed: {}", trial.number, trial.failure)
        return trials, runs

    def _nested(self, trial: Trial, study: Study) -> Nested:
        label = f"cv_{study.metric.label}"
        metrics = [
            fact
            for step, done in enumerate(trial.rounds)
            for fact in (
                (label, done.mean, step),
                (f"{label}_deviation", done.deviation, step),
                ("rows", float(done.rows), step),
                *((f"{label}_fold_{fold}", score, step) for fold, score in enumerate(done.scores, 1)),
            )
        ]
        recipe = self.recipe.varied(trial.values).model_dump(mode="json")
        values = ", ".join(f"{name} {shown(value)}" for name, value in trial.values.items())
        return Nested(
            name=f"trial {trial.number}: {values}",
            parameters=parameters({"recipe": recipe}),
            metrics=metrics,
            tags={TRIAL_TAG: str(trial.number), **({"mxt.failure": trial.failure} if trial.failure else {})},
            seconds=sum(done.seconds for done in trial.rounds),
            failed=bool(trial.failure),
        )

    def _findings(self, trials: list[Trial], best: Trial, study: Study) -> Findings:
        """The result of the search, which is on record before the final fit."""
        label = f"cv_{study.metric.label}"
        names = () if self.recipe.task == "regression" else target_names(study.targets)
        about = positives([study.metric], names).get(study.metric.label, "")
        table = trials_table(trials, best, study.metric, about)
        failed = sum(bool(trial.failure) for trial in trials)
        return Findings(
            answer=[searched(table, type(self.search).__name__, len(study.folds))],
            facts={
                "trials": len(trials),
                "best_trial": best.number,
                **({"failed_trials": failed} if failed else {}),
                **{f"best_{name}": value for name, value in best.values.items()},
                label: round(best.last.mean, 4),
                f"{label}_deviation": round(best.last.deviation, 4),
            },
            scores={label: best.last.mean, f"{label}_deviation": best.last.deviation},
            tables={"trials": table},
            charts={"trials": trials_chart(table)},
            page=trials_page(table),
            outputs=[Output("trials", self.trials, table)],
        )
