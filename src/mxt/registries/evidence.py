"""Evidence: what the store knows of a version that asks to be promoted, as far as gates ask for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.gates.base import Certified, Evidence, Examination, Gate
from mxt.registries import digests, moments
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG, CERTIFICATE_TAG, Certificate, stored_bytes
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.versions import (
    DRIFT_TAG,
    EVALUATION_TAG,
    EXPLANATION_DIFF_TAG,
    Pinned,
    pin,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow import MlflowClient

ROWS_TAG = "mxt.evaluated_rows"
"""Tag of an evaluation's run: the digest of the rows that it scored."""
DATA_TAG = "mxt.data_digest"
"""Tag of an evaluation's run, and of the table that a run read: its fingerprint."""
JUDGED_TAG = "mxt.judged"
"""Tag of an evaluation's run: false if there was no limit to keep."""
DATA_BEFORE_TAG = "mxt.data_digest_before"
"""Tag of an evaluation's run: the fingerprint of its table before cells were read exactly, if another."""
BASELINE_TAG = "mxt.baseline_version"
"""Tag of a run that compared two versions: the number of the other one."""
POSITIVE_TAG = "mxt.positive."
"""Before the label of a score: the tag of an evaluation's run that says which class the score is about."""


@dataclass(frozen=True)
class Request:
    """Who asks for which version to stand where another stands now."""

    pinned: Pinned
    alias: str
    champion: int | None
    requested_by: str
    allow_first: bool
    experiment_id: str
    root: str


def gather(
    client: MlflowClient, request: Request, gates: Sequence[Gate], now: datetime | None = None
) -> Evidence:
    """What the gates ask for; data are read only if one of them asks for the certificate.

    Args:
        client: Of the store.
        request: What is asked for.
        gates: Those that will judge.
        now: The present moment, if it is another.
    """
    asked = {ask for gate in gates for ask in gate.asks}
    pinned, champion = request.pinned, request.champion
    other = pin(client, pinned.name, champion) if "champion_evaluation" in asked and champion else None
    return Evidence(
        pinned.version,
        now or moments.now(),
        pinned.name,
        request.alias,
        request.requested_by,
        champion,
        request.allow_first,
        pinned.tags.get(CERTIFICATE_DIGEST_TAG, ""),
        _latest_run(client, request.experiment_id),
        evaluation=_examination(client, pinned, EVALUATION_TAG) if "evaluation" in asked else None,
        champion_evaluation=_examination(client, other, EVALUATION_TAG) if other else None,
        drift=_examination(client, pinned, DRIFT_TAG) if "drift" in asked else None,
        explanation_diff=_examination(client, pinned, EXPLANATION_DIFF_TAG)
        if "explanation_diff" in asked
        else None,
        certificate=_certified(client, pinned, request.root) if "certificate" in asked else None,
        texts={place: _text(place) for gate in gates for place in gate.places},
    )


def _examination(client: MlflowClient, pinned: Pinned, tag: str) -> Examination | None:
    """What the run that a version's tag names has found; None without a tag, or if the run is gone."""
    from mlflow.exceptions import MlflowException

    run_id = pinned.tags.get(tag)
    if run_id is None:
        return None
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    tags = run.data.tags
    baseline = tags.get(BASELINE_TAG, "")
    return Examination(
        run_id,
        run.info.status == "FINISHED" and tags.get("mxt.passed") == "true",
        moments.from_milliseconds(run.info.end_time or run.info.start_time),
        dict(run.data.metrics),
        tags.get(DATA_TAG) or _data(run, "evaluation"),
        tags.get(ROWS_TAG, ""),
        int(baseline) if baseline.isdigit() else None,
        tags.get(JUDGED_TAG) != "false",
        positives={
            key.removeprefix(POSITIVE_TAG): value
            for key, value in tags.items()
            if key.startswith(POSITIVE_TAG)
        },
        data_before=tags.get(DATA_BEFORE_TAG, ""),
    )


def _data(run: Any, role: str) -> str:
    """Fingerprint of the table that a run read in a role."""
    for read in run.inputs.dataset_inputs if run.inputs else []:
        tags = {tag.key: tag.value for tag in read.tags}
        if tags.get("mlflow.data.context") == role:
            return str(tags.get(DATA_TAG, ""))
    return ""


def _certified(client: MlflowClient, pinned: Pinned, root: str) -> Certified | None:
    if CERTIFICATE_TAG not in pinned.tags:
        return None
    fault = certificate_fault(client, pinned)
    content = None if fault else stored_bytes(pinned)
    if content is None:
        return Certified(fault)
    certificate = Certificate.from_bytes(content)
    met, missed = (
        tuple(told["criterion"] for told in certificate.criteria if (told["outcome"] == "PASS") == passed)
        for passed in (True, False)
    )
    return Certified(
        "",
        certificate.outcome,
        moments.from_text(certificate.issued_at),
        moments.from_text(certificate.expires_at),
        met,
        missed,
        digests.is_commit(certificate.bound["code"]),
        changed(pinned, certificate, root),
    )


def _latest_run(client: MlflowClient, experiment_id: str) -> datetime | None:
    """When the latest run of an experiment started."""
    runs = client.search_runs([experiment_id], order_by=["attributes.start_time DESC"], max_results=1)
    return moments.from_milliseconds(runs[0].info.start_time) if runs else None


def _text(place: str) -> str | None:
    """The text of a file or of a variable, told as env:NAME; None if there is none that can be read."""
    if place.startswith("env:"):
        return os.environ.get(place.removeprefix("env:"))
    try:
        return Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
