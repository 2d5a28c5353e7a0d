"""Evidence for a promotion: what the store has recorded of a version, as far as the gates read it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mxt.datasets.places import content
from mxt.findings import tags
from mxt.gates.base import Certified, Evidence, Examination, Gate
from mxt.registries import digests, moments
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG, CERTIFICATE_TAG, Certificate, stored_bytes
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.latest import FINDINGS_FILE, ended, known_tags, last_run
from mxt.registries.versions import Pinned, pin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run


@dataclass(frozen=True)
class Request:
    """A request to move an alias to a version."""

    pinned: Pinned
    alias: str
    champion: int | None
    """The version that the alias stands for now; None if there is no such alias yet."""
    requested_by: str
    allow_first: bool
    """Whether the alias may be made if there is none yet."""
    experiment_id: str
    root: str
    """The project's root, which relative paths start from."""


def gather(
    client: MlflowClient, request: Request, gates: Sequence[Gate], now: datetime | None = None
) -> Evidence:
    """The evidence that gates read; tables are read only if a gate reads the certificate.

    Args:
        client: Of the store.
        request: The promotion requested.
        gates: The gates that will judge the request.
        now: When they judge it; the present moment if left out.
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
    """The last run of each KIND about a version, by KIND; a KIND without a run is left out."""
    known = known_tags(client, pinned)
    runs = {kind: last_run(client, known, kind) for kind in sorted(kinds)}
    return {kind: _examination(run) for kind, run in runs.items() if run is not None}


def _examination(run: Run) -> Examination:
    known = run.data.tags
    data = known.get(tags.DATA) or _data(run, "evaluation")
    facts = digests.recorded(run.info.run_id, FINDINGS_FILE).get("facts")
    return Examination(
        run.info.run_id,
        run.info.status == "FINISHED" and known.get(tags.PASSED) == "true",
        moments.from_milliseconds(ended(run)),
        dict(run.data.metrics),
        {**known, **({tags.DATA: data} if data else {})},
        facts if isinstance(facts, dict) else {},
    )


def _data(run: Run, role: str) -> str:
    """Fingerprint of the table that a run read in a role; empty if it read none."""
    for table in run.inputs.dataset_inputs if run.inputs else []:
        known = {tag.key: tag.value for tag in table.tags}
        if known.get("mlflow.data.context") == role:
            return str(known.get(tags.DATA, ""))
    return ""


def _certified(client: MlflowClient, pinned: Pinned, root: str) -> Certified | None:
    """The state of a version's certificate; None if the version was never certified."""
    if CERTIFICATE_TAG not in pinned.tags:
        return None
    fault = certificate_fault(client, pinned)
    content = None if fault else stored_bytes(pinned)
    if content is None:
        return Certified(fault)
    certificate = Certificate.from_bytes(content)
    outcomes = [(str(each["criterion"]), each["outcome"] == "PASS") for each in certificate.criteria]
    return Certified(
        "",
        certificate.outcome,
        moments.from_text(certificate.issued_at),
        moments.from_text(certificate.expires_at),
        tuple(name for name, met in outcomes if met),
        tuple(name for name, met in outcomes if not met),
        digests.is_commit(certificate.bound["code"]),
        changed(pinned, certificate, root),
    )


def _latest_run(client: MlflowClient, experiment_id: str) -> datetime | None:
    """When the latest run of an experiment started."""
    runs = client.search_runs([experiment_id], order_by=["attributes.start_time DESC"], max_results=1)
    return moments.from_milliseconds(runs[0].info.start_time) if runs else None


def _text(place: str) -> str | None:
    """The text of a file, or of the environment variable in `env:NAME`; None if it cannot be read."""
    if place.startswith("env:"):
        return os.environ.get(place.removeprefix("env:"))
    try:
        return content(place).decode()
    except (OSError, UnicodeDecodeError):
        return None
