"""Certification: judging a version by criteria, and issuing a certificate of the outcome."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field

from mxt.criteria.base import Assessment, Candidate, Criterion, joined
from mxt.criteria.base.checks import check_all, refuse_repeated
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter, shuffled
from mxt.errors import DataError
from mxt.findings import Findings
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.inheriting import inheriting
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
from mxt.registries.rows import CertifiedRows
from mxt.registries.versions import HELD_OUT_TAG, TRAINING_DATA_TAG
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
    """Judges a version by criteria, and issues a certificate that is bound to model, data and configs.

    Table, split and recipe are the ones of the version's training run where they are left out. The default
    criteria are five: a mean accuracy of at least 0.94 over repeated cross-validation, with a standard
    deviation of at most 0.015; a permutation p-value below 0.05; a bootstrap interval of the held-out
    accuracy that starts at 0.96 or above; and a 95th percentile of latency of at most 2000 ms.

    The outcome is PASS if every criterion is met, FAIL if one is not, and INSUFFICIENT if there are too few
    data to decide. The verdict is yes for PASS only; a certificate is issued for any outcome.

    Example:
        KIND: CertificationJob
        alias_or_version: Challenger
    """

    KIND: Literal["CertificationJob"] = "CertificationJob"

    inputs: OneOf[Reader] | None = None
    """The table that the version was trained on, target included."""

    target: str | None = None
    """Column with the truth, if the training run does not record it."""

    splitter: OneOf[Splitter] | None = None
    """How the training held out rows, if its run does not record it; the model is judged on these rows."""

    recipe: OneOf[Recipe] | None = None
    """How the model was fitted, if the training run does not record it; for criteria that fit it again."""

    positive: Named = None
    """The positive class of metrics that name none; if left out, the class recorded with the version, else
    the last of two in alphabetical order."""

    criteria: tuple[OneOf[Criterion], ...] = Field(default=DEFAULTS, validate_default=True, min_length=1)
    """Conditions that the version must meet."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Seed of folds, permutations and resamples."""

    workers: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that fit at the same time, which do not change the outcome; as many as cores if left out."""

    valid_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days until the certificate expires."""

    def run(self) -> Locals:
        served = self.serve()
        return inheriting(self).certify(served)

    def certify(self, served: Served) -> Locals:
        """Judge a version on the table, which the job's readers read as they are."""
        context = self.context
        given = json.loads(self.model_dump_json(include=set(Origin.model_fields)))
        origin = origin_of(served.pinned, given, self.root)
        candidate, (whole, held_out) = self._candidate(served, origin)
        with context.step("check that each criterion can be assessed"):
            check_all(self.criteria, candidate)
        assessments = [each for criterion in self.criteria for each in self._assess(criterion, candidate)]
        refuse_repeated([assessment.criterion for assessment in assessments])
        outcome = joined(assessment.outcome for assessment in assessments)
        tables = evidence(self.criteria, candidate)
        context.record(assessed(str(served.pinned), outcome, assessments, tables, served.captions))
        certificate = certificates.issue(
            context.client,
            served.pinned,
            certificates.Certification(
                run_id=context.run.run_id,
                outcome=outcome,
                assessments=assessments,
                table=whole,
                evaluation=held_out,
                root=self.root,
                seed=self.seed,
                lifetime=timedelta(days=self.valid_days),
                packages=candidate.model.packages,
                allowed=candidate.model.allowed,
            ),
        )
        passed, version = outcome == "PASS", served.pinned.version
        return context.conclude(
            Findings(
                answer=[issued(certificate.expires_at)],
                facts={"certificate": outcome, "expires_at": certificate.expires_at},
                evidence=True,
                next=[command(self, "PromotionJob", alias_or_version=version)] if passed else [],
                values={"assessments": assessments, "certificate": certificate, "version": served.pinned},
            )
        )

    def _candidate(
        self, served: Served, origin: Origin
    ) -> tuple[Candidate, tuple[CertifiedRows, CertifiedRows]]:
        """What the criteria judge, and the table and its held-out rows that the certificate is bound to."""
        context, source = self.context, origin.inputs.source
        schema = served.schema
        reader = served.reader(origin.inputs, served.truth_schema(origin.target))
        table = shuffled(context.read(reader, "training"), self.seed)
        truth = TargetsSchema.check(table, origin.target, source)
        held_out = origin.splitter.split(table, origin.target).test
        whole = CertifiedRows(context.linked.digest, reader)
        part = CertifiedRows.part(reader, held_out, origin.splitter, origin.target)
        self._refuse_other_rows(served.pinned, source, whole, part)
        inputs = context.check(schema, table, source)
        model = served.model
        inputs = model.predictor.select(inputs) if schema is None else schema.categorised(inputs)
        candidate = Candidate(
            model=model,
            inputs=inputs.loc[held_out.index],
            truth=truth.loc[held_out.index],
            table=held_out,
            training=TrainingTable(inputs, truth, origin.splitter, table[origin.splitter.columns]),
            recipe=origin.recipe,
            seed=self.seed,
            workers=self.workers,
            show_progress=progress,
            positive=chosen(self.positive, model),
        )
        self._state_positives(candidate)
        return candidate, (whole, part)

    def _state_positives(self, candidate: Candidate) -> None:
        """State which class the scores of criteria are about, before anything is fitted.

        Raises:
            ConfigError: A criterion names a class that the model does not know.
        """
        metrics = [getattr(criterion, "metric", None) for criterion in self.criteria]
        scoring = [metric.about(candidate.positive) for metric in metrics if isinstance(metric, Metric)]
        classes = [*map(str, candidate.model.predictor.classes)]
        self.context.facts |= positive_fact(positives(scoring, classes))

    def _refuse_other_rows(
        self, pinned: Pinned, source: str, whole: CertifiedRows, held_out: CertifiedRows
    ) -> None:
        """Raise a DataError if the version was trained on another table, or held out other rows."""
        trained, spared = (pinned.tags.get(tag) for tag in (TRAINING_DATA_TAG, HELD_OUT_TAG))
        if trained and trained != whole.digest:
            msg = f"{source} is not the table that {pinned} was trained on: their fingerprints differ."
            raise DataError(msg)
        if spared and spared != held_out.digest:
            msg = (
                f"{source}: the rows held out are not those that the training of {pinned} held out. Without "
                "an id_column the place of a row decides; train from a table with ids."
            )
            raise DataError(msg)
        if not (trained and spared):
            self.context.facts["held_out"] = "by the word of this config; the version does not tell"
            logger.warning("{} has no record of the rows it was trained on; the config decides.", pinned)

    def _assess(self, criterion: Criterion, candidate: Candidate) -> list[Assessment]:
        with self.context.step(type(criterion).__name__):
            assessments = criterion.assess(candidate)
        for assessment in assessments:
            level = "INFO" if assessment.outcome == "PASS" else "WARNING"
            logger.log(level, "{}: {}", assessment.criterion, line(assessment))
        return assessments


def evidence(criteria: Iterable[Criterion], candidate: Candidate) -> dict[str, pd.DataFrame]:
    """The tables that assessments rest on, by name; a row that several criteria share appears once."""
    import pandas as pd

    parts: dict[str, list[pd.DataFrame]] = {}
    for criterion in criteria:
        for name, table in criterion.evidence(candidate).items():
            parts.setdefault(name, []).append(table)
    whole = {name: pd.concat(tables) for name, tables in parts.items()}
    return {name: table[~table.reset_index().duplicated().to_numpy()] for name, table in whole.items()}


def progress(scores: Iterator[float], total: int, what: str) -> Iterator[float]:
    """The scores of a criterion's fits, with a progress bar on a terminal."""
    from tqdm import tqdm

    yield from tqdm(scores, total=total, desc=what, unit="fit", disable=None)
