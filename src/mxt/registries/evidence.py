"""Evidence: what the store knows of a version that asks to be promoted, as far as gates ask for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.findings import tags
from mxt.gates.base import Certified, Evidence, Examination, Gate
from mxt.registries import digests, moments
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG, CERTIFICATE_TAG, Certificate, stored_bytes
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.latest import FINDINGS_FILE, ended, last_run
from mxt.registries.versions import Pinned, pin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run


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
    pinned, champion = request.pinned, request.champion
    kinds = {kind for gate in gates for kind in gate.reads}
    of_champion = {kind for gate in gates for kind in gate.reads_of_champion}
    other = pin(client, pinned.name, champion) if of_champion and champion else None
    certified = any(gate.reads_certificate for gate in gates)
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
        last=_examinations(client, pinned, kinds),
        champion_last={} if other is None else _examinations(client, other, of_champion),
        certificate=_certified(client, pinned, request.root) if certified else None,
        texts={place: _text(place) for gate in gates for place in gate.places},
    )


def _examinations(client: MlflowClient, pinned: Pinned, kinds: Iterable[str]) -> dict[str, Examination]:
    """What the last run of each KIND has found of a version; nothing for a KIND that no run is left of."""
    runs = {kind: last_run(client, pinned.tags, kind) for kind in sorted(kinds)}
    return {kind: _examination(run) for kind, run in runs.items() if run is not None}


def _examination(run: Run) -> Examination:
    found = run.data.tags
    data = found.get(tags.DATA) or _data(run, "evaluation")
    return Examination(
        run.info.run_id,
        run.info.status == "FINISHED" and found.get(tags.PASSED) == "true",
        moments.from_milliseconds(ended(run)),
        dict(run.data.metrics),
        {**found, **({tags.DATA: data} if data else {})},
        digests.recorded(run.info.run_id, FINDINGS_FILE).get("facts", {}),
    )


def _data(run: Any, role: str) -> str:
    """Fingerprint of the table that a run read in a role."""
    for read in run.inputs.dataset_inputs if run.inputs else []:
        known = {tag.key: tag.value for tag in read.tags}
        if known.get("mlflow.data.context") == role:
            return str(known.get(tags.DATA, ""))
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
        tuple(each["criterion"] for each in certificate.criteria if (each["outcome"] == "PASS") == passed)
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
