"""Certification: has this version earned to be trusted, and can that be shown?"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field, ValidationError

from mxt.criteria.base import Assessment, Criterion, Outcome, Subject
from mxt.datasets.splitters.base import shuffled
from mxt.errors import ConfigError, DataError
from mxt.jobs.base import Locals, ModelJob, ReaderKind, RecipeKind, SplitterKind
from mxt.kinds import OneOf, Strict
from mxt.models.refits import Table
from mxt.registries import certificates, digests
from mxt.registries.rows import Rows
from mxt.registries.versions import DATA_TAG
from mxt.reports.certification import summary, told
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.registries.versions import Pinned

CriterionKind = Annotated[Criterion, OneOf]

DEFAULTS = (
    {"KIND": "CrossValidationCriterion"},
    {"KIND": "PermutationCriterion"},
    {"KIND": "BootstrapCriterion"},
    {"KIND": "LatencyCriterion"},
)


class Origin(Strict):
    """How a version was made."""

    inputs: ReaderKind
    """The whole table that it was trained on."""
    target: str
    """Column that it predicts."""
    splitter: SplitterKind
    """How rows were held out."""
    recipe: RecipeKind
    """How it was fitted."""


class CertificationJob(ModelJob):
    """Judges a version by criteria, and issues a certificate that is bound to what it was judged on.

    Where the table, the split and the recipe are left out, they are those of the version's training run. The
    default criteria are five: a mean accuracy of at least 0.94 over repeated cross-validation, with a
    standard deviation of at most 0.015; a permutation p-value below 0.05; a bootstrap interval of the held
    out accuracy that starts at 0.96 or above; and a 95th percentile of latency of at most 2000 ms.

    The outcome is PASS if every criterion is met, FAIL if one is not, and INSUFFICIENT if the data cannot
    tell. Only PASS ends the job well; a certificate is issued either way.

    Example:
        KIND: CertificationJob
        alias_or_version: Challenger
    """

    KIND: Literal["CertificationJob"] = "CertificationJob"

    inputs: ReaderKind | None = None
    """The table that the version was trained on, target included."""

    target: str | None = None
    """Column with the truth."""

    splitter: SplitterKind | None = None
    """How rows were held out from training; the model itself is judged on these."""

    recipe: RecipeKind | None = None
    """How the model was made, for the criteria that train again."""

    criteria: tuple[CriterionKind, ...] = Field(default=DEFAULTS, validate_default=True, min_length=1)
    """What the version must meet."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of folds, permutations and resamples."""

    workers: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that fit at once; what comes out does not depend on them. All cores if left out."""

    valid_days: Annotated[int, Field(ge=1)] = 90
    """Days until the certificate expires."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        origin = self._origin(pinned)
        subject, rows = self._subject(pinned, origin)
        found = [assessment for criterion in self.criteria for assessment in self._assess(criterion, subject)]
        refuse_twice(found)
        result = overall(found)
        self._record(found)
        whole, held_out = rows
        certificate = certificates.issue(
            context.client,
            pinned,
            certificates.Certification(
                run_id=context.run.run_id,
                outcome=result,
                assessments=found,
                table=whole,
                evaluation=held_out,
                root=self.root,
                seed=self.seed,
                lifetime=timedelta(days=self.valid_days),
            ),
        )
        context.run.text(summary(str(pinned), result, found, certificate.expires_at), "certification.md")
        context.facts |= {"certificate": result, "expires_at": certificate.expires_at}
        return context.conclude(
            passed=result == "PASS", assessments=found, certificate=certificate, version=pinned
        )

    def _origin(self, pinned: Pinned) -> Origin:
        """How the version was made: as the job says, or else as its training run recorded.

        Raises:
            ConfigError: Neither tells.
        """
        recorded = digests.artifact(pinned.run_id, "config.json")
        told = {} if recorded is None else json.loads(recorded)
        chosen = digests.artifact(pinned.run_id, "recipe.json")
        given = {name: told.get(name) for name in Origin.model_fields}
        given |= {} if chosen is None else {"recipe": json.loads(chosen)}
        own = json.loads(self.model_dump_json(include=set(Origin.model_fields)))
        given |= {name: value for name, value in own.items() if value is not None}
        absent = [name for name, value in given.items() if value is None]
        if absent:
            msg = f"The run that trained {pinned} does not tell its {', '.join(absent)}; give the job these."
            raise ConfigError(msg)
        try:
            return Origin.model_validate_json(json.dumps(given), context={"root": self.root})
        except ValidationError as error:
            blocks = sorted({str(fault["loc"][0]) for fault in error.errors()})
            msg = f"What the run that trained {pinned} tells of its {', '.join(blocks)} cannot be read here."
            raise ConfigError(msg) from error

    def _subject(self, pinned: Pinned, origin: Origin) -> tuple[Subject, tuple[Rows, Rows]]:
        context, source = self.context, origin.inputs.source
        schema = self.loader.load_schema(pinned.uri)
        table = context.read(origin.inputs, "training")
        trained = pinned.tags.get(DATA_TAG)
        if context.data is None or (trained and trained != context.data.digest):
            msg = f"{source} is not the table that {pinned} was trained on: its fingerprint is another."
            raise DataError(msg)
        table = shuffled(table, self.seed)
        truth = TargetsSchema.check(table, origin.target, source)
        inputs = context.check(schema, table, source)
        inputs = inputs if schema is None else schema.categorised(inputs)
        held_out = origin.splitter.split(table, origin.target).test
        rows = (
            Rows.whole(origin.inputs, context.data),
            Rows.part(origin.inputs, held_out, origin.splitter, origin.target),
        )
        subject = Subject(
            model=context.load(self.loader, pinned.uri),
            inputs=inputs.loc[held_out.index],
            truth=truth.loc[held_out.index],
            table=held_out,
            training=Table(inputs, truth, origin.splitter, table[origin.splitter.columns]),
            recipe=origin.recipe,
            seed=self.seed,
            workers=self.workers,
            watched=watched,
        )
        return subject, rows

    def _assess(self, criterion: Criterion, subject: Subject) -> list[Assessment]:
        with self.context.step(type(criterion).__name__):
            found = criterion.assess(subject)
            for file, table in criterion.evidence(subject).items():
                self.context.run.table(table, file)
        for assessment in found:
            level = "INFO" if assessment.outcome == "PASS" else "WARNING"
            logger.log(level, "{}: {}", assessment.criterion, told(assessment))
        return found

    def _record(self, found: list[Assessment]) -> None:
        import pandas as pd

        context = self.context
        table = pd.DataFrame([asdict(assessment) for assessment in found]).set_index("criterion")
        context.run.table(table, "certification.csv")
        known = table["value"].dropna()
        context.run.score({str(name): float(value) for name, value in known.items()})
        context.facts |= {assessment.criterion: told(assessment) for assessment in found}


def overall(found: list[Assessment]) -> Outcome:
    """FAIL if a criterion failed, else INSUFFICIENT if one could not be told, else PASS."""
    outcomes = {assessment.outcome for assessment in found}
    return "FAIL" if "FAIL" in outcomes else "INSUFFICIENT" if "INSUFFICIENT" in outcomes else "PASS"


def refuse_twice(found: list[Assessment]) -> None:
    """Raise a ConfigError if two criteria measure the same."""
    names = [assessment.criterion for assessment in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"criteria: two of them measure {', '.join(twice)}; ask for each once."
        raise ConfigError(msg)


def watched(found: Iterator[float], total: int, what: str) -> Iterator[float]:
    """Tell on a terminal how far a criterion is."""
    from tqdm import tqdm

    yield from tqdm(found, total=total, desc=what, unit="fit", disable=None)
