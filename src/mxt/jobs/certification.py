"""Certification: has this version earned to be trusted, and can that be shown?"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject, joined
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.errors import ConfigError, DataError
from mxt.findings import Findings
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.positives import chosen
from mxt.kinds import OneOf
from mxt.metrics.base import Metric, positives
from mxt.metrics.base.answers import Named
from mxt.models.base import Recipe
from mxt.models.base.refits import TrainingTable
from mxt.pages.certification import assessed, issued, line
from mxt.pages.positives import positive_fact
from mxt.registries import certificates
from mxt.registries.origins import Origin, origin_of
from mxt.registries.rows import Rows
from mxt.registries.versions import DATA_TAG, HELD_OUT_TAG
from mxt.schemas import TargetsSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from mxt.registries.served import Served
    from mxt.registries.versions import Pinned


DEFAULTS = (
    {"KIND": "CrossValidationCriterion"},
    {"KIND": "PermutationCriterion"},
    {"KIND": "BootstrapCriterion"},
    {"KIND": "LatencyCriterion"},
)


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

    inputs: OneOf[Reader] | None = None
    """The table that the version was trained on, target included."""

    target: str | None = None
    """Column with the truth, if nobody recorded it."""

    splitter: OneOf[Splitter] | None = None
    """How rows were held out from training, if nobody recorded it; the model itself is judged on these."""

    recipe: OneOf[Recipe] | None = None
    """How the model was made, if nobody recorded it, for the criteria that train again."""

    positive: Named = None
    """The positive class, by which metrics score that name none; the one recorded with the version if left
    out, else the last of two in alphabetical order."""

    criteria: tuple[OneOf[Criterion], ...] = Field(default=DEFAULTS, validate_default=True, min_length=1)
    """What the version must meet."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Seed of folds, permutations and resamples."""

    workers: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that fit at once; what comes out does not depend on them. All cores if left out."""

    valid_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days until the certificate expires."""

    def run(self) -> Locals:
        context, served = self.context, self.serve()
        given = json.loads(self.model_dump_json(include=set(Origin.model_fields)))
        origin = origin_of(served.pinned, given, self.root)
        subject, (whole, held_out) = self._subject(served, origin)
        found = [assessment for criterion in self.criteria for assessment in self._assess(criterion, subject)]
        refuse_twice(found)
        outcome = joined(assessment.outcome for assessment in found)
        context.record(assessed(str(served.pinned), outcome, found, evidence(self.criteria, subject)))
        certificate = certificates.issue(
            context.client,
            served.pinned,
            certificates.Certification(
                run_id=context.run.run_id,
                outcome=outcome,
                assessments=found,
                table=whole,
                evaluation=held_out,
                root=self.root,
                seed=self.seed,
                lifetime=timedelta(days=self.valid_days),
                packages=subject.model.packages,
            ),
        )
        passed, version = outcome == "PASS", served.pinned.version
        return context.conclude(
            Findings(
                answer=[issued(certificate.expires_at)],
                facts={"certificate": outcome, "expires_at": certificate.expires_at},
                evidence=True,
                next=[command(self, "PromotionJob", alias_or_version=version)] if passed else [],
                values={"assessments": found, "certificate": certificate, "version": served.pinned},
            )
        )

    def _subject(self, served: Served, origin: Origin) -> tuple[Subject, tuple[Rows, Rows]]:
        context, source = self.context, origin.inputs.source
        schema = served.schema
        reader = served.reader(origin.inputs, served.truth_schema(origin.target))
        table = shuffled(context.read(reader, "training"), self.seed)
        truth = TargetsSchema.check(table, origin.target, source)
        held_out = origin.splitter.split(table, origin.target).test
        whole = Rows.whole(reader, context.linked)
        part = Rows.part(reader, held_out, origin.splitter, origin.target)
        self._refuse_other_rows(served.pinned, source, whole, part)
        inputs = context.check(schema, table, source)
        model = served.model
        inputs = model.predictor.select(inputs) if schema is None else schema.categorised(inputs)
        subject = Subject(
            model=model,
            inputs=inputs.loc[held_out.index],
            truth=truth.loc[held_out.index],
            table=held_out,
            training=TrainingTable(inputs, truth, origin.splitter, table[origin.splitter.columns]),
            recipe=origin.recipe,
            seed=self.seed,
            workers=self.workers,
            watched=watched,
            positive=chosen(self.positive, model),
        )
        self._state_positives(subject)
        return subject, (whole, part)

    def _state_positives(self, subject: Subject) -> None:
        """Say which class the scores of criteria are about, before anything is fitted.

        Raises:
            ConfigError: A class that is named is none of the model's.
        """
        metrics = [getattr(criterion, "metric", None) for criterion in self.criteria]
        scoring = [metric.about(subject.positive) for metric in metrics if isinstance(metric, Metric)]
        classes = [*map(str, subject.model.predictor.classes)]
        self.context.facts |= positive_fact(positives(scoring, classes))

    def _refuse_other_rows(self, pinned: Pinned, source: str, whole: Rows, held_out: Rows) -> None:
        """Raise a DataError unless the version was trained on this table, and not on the rows held out."""
        trained, spared = (pinned.tags.get(tag) for tag in (DATA_TAG, HELD_OUT_TAG))
        if trained and trained != whole.digest:
            msg = f"{source} is not the table that {pinned} was trained on: its fingerprint is another."
            raise DataError(msg)
        if spared and spared != held_out.digest:
            msg = (
                f"{source}: the rows held out are not those that the training of {pinned} held out. Without "
                "an id_column a row's place decides; train from a table with ids."
            )
            raise DataError(msg)
        if not (trained and spared):
            self.context.facts["held_out"] = "by the word of this config; the version does not tell"
            logger.warning("{} does not tell which rows it was trained on: the config's word counts.", pinned)

    def _assess(self, criterion: Criterion, subject: Subject) -> list[Assessment]:
        with self.context.step(type(criterion).__name__):
            found = criterion.assess(subject)
        for assessment in found:
            level = "INFO" if assessment.outcome == "PASS" else "WARNING"
            logger.log(level, "{}: {}", assessment.criterion, line(assessment))
        return found


def evidence(criteria: Iterable[Criterion], subject: Subject) -> dict[str, pd.DataFrame]:
    """What lies behind the assessments, by the name of a table; a row of several criteria stands once."""
    import pandas as pd

    parts: dict[str, list[pd.DataFrame]] = {}
    for criterion in criteria:
        for name, table in criterion.evidence(subject).items():
            parts.setdefault(name, []).append(table)
    return {name: _each_once(pd.concat(tables)) for name, tables in parts.items()}


def _each_once(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table.reset_index().duplicated().to_numpy()]


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
