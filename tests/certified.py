"""Certificates for tests of what asks for one: a real evaluation, and assessments made by hand."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mxt import settings
from mxt.criteria.base import Assessment, Outcome
from mxt.jobs.evaluations import EvaluationsJob
from mxt.registries.certificates import Certificate, Certification, issue
from mxt.registries.rows import CertifiedRows

if TYPE_CHECKING:
    from datetime import datetime

    from conftest import Project
    from mxt.jobs.base import Job

ASSESSMENTS = (
    Assessment("cv_mean_accuracy", "at least 0.7", "PASS", 0.8, 0.78, 0.82, 1409),
    Assessment("cv_deviation", "at most 0.015", "PASS", 0.01, math.nan, math.nan, 25, "5 x 5 folds"),
)


def certify(project: Project, *overrides: str, conf: str = "evaluations", **fields: Any) -> Certificate:
    """Evaluate a version as a config of the project says, and certify it."""
    job = settings.load([str(project.root / "confs" / f"{conf}.yaml")], overrides).job
    return certify_by(job, **fields)


def certify_by(
    job: Job,
    outcome: Outcome = "PASS",
    now: datetime | None = None,
    lifetime: timedelta = timedelta(days=90),
) -> Certificate:
    """Run an evaluation, and certify the version that it evaluated."""
    assert isinstance(job, EvaluationsJob)
    with job:
        result = job.run()
        context, pinned = job.context, result["version"]
        target = job.loader.load_target(pinned.uri) or ""
        table = context.read(job.inputs, "certification")
        assert context.data is not None
        assert job.splitter is not None
        certification = Certification(
            context.run.run_id,
            outcome,
            ASSESSMENTS,
            CertifiedRows(context.data.digest, job.inputs),
            CertifiedRows.part(job.inputs, job.splitter.split(table, target).test, job.splitter, target),
            job.root,
            lifetime=lifetime,
        )
        return issue(context.client, pinned, certification, now)
