"""The last run of each KIND of job about a version, which the version's tags and description name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Document, Pairs
from mxt.findings.tags import JOB, LAST, PASSED, UNNAMED
from mxt.findings.words import stated
from mxt.redaction import shown
from mxt.registries import digests, moments
from mxt.registries.versions import runs_where
from mxt.reports.markdown import render
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from mxt.registries.versions import Pinned

FINDINGS_FILE = "findings.json"
"""Artifact of a run: the findings of its job."""
DESCRIPTION_TAG = "mxt.description"
"""Tag of a version: the digests of the last two descriptions that MXT wrote; a person wrote any other."""
OLDER_TAGS = {
    "EvaluationsJob": "mxt.evaluation",
    "DriftJob": "mxt.drift",
    "ExplanationDiffJob": "mxt.explanation_diff",
}
"""The tags of versions that named the last run of a KIND in releases before `LAST`."""


def last_run(client: MlflowClient, tags: dict[str, str], kind: str) -> Run | None:
    """The last run of a KIND about a version, by the version's tags; None if there is none left."""
    names = (f"{LAST}{kind}", OLDER_TAGS.get(kind, ""))
    runs = [run for name in names if name in tags and (run := run_of(client, tags[name])) is not None]
    return max(runs, key=ended, default=None)


def known_tags(client: MlflowClient, pinned: Pinned) -> dict[str, str]:
    """The tags of a version, as if it named all runs that came to a good end before it could."""
    tags = dict(pinned.tags)
    for run in sorted(unnamed(client, pinned), key=ended):
        kind = run.data.tags[JOB]
        known = last_run(client, tags, kind)
        if known is None or ended(known) <= ended(run):
            tags[f"{LAST}{kind}"] = run.info.run_id
    return tags


def unnamed(client: MlflowClient, pinned: Pinned) -> list[Run]:
    """The runs about a version that ended well, and whose job has not come to let the version name them."""
    runs = runs_where(client, f"tags.`{UNNAMED}` = '{pinned.uri}' AND attributes.status = 'FINISHED'")
    return [run for run in runs if run.info.lifecycle_stage == "active" and JOB in run.data.tags]


def name_unnamed(client: MlflowClient, pinned: Pinned) -> None:
    """Let a version name the runs that ended well, those of jobs that were stopped before it too."""
    runs = unnamed(client, pinned)
    for run in runs:
        name_last(client, pinned, run.data.tags[JOB], run.info.run_id)
    describe(client, pinned)
    for run in runs:
        client.delete_tag(run.info.run_id, UNNAMED)


def ended(run: Run) -> int:
    """When a run ended, in milliseconds since 1970; when it began if it has not ended."""
    return int(run.info.end_time or run.info.start_time)


def name_last(client: MlflowClient, pinned: Pinned, kind: str, run_id: str) -> None:
    """Tag a version with a run as the last of its KIND, unless another such run ended later."""
    tags = dict(client.get_model_version(pinned.name, str(pinned.version)).tags)
    known, run = last_run(client, tags, kind), run_of(client, run_id)
    if run is not None and (known is None or ended(known) <= ended(run)):
        settled(client.set_model_version_tag, pinned.name, str(pinned.version), f"{LAST}{kind}", run_id)


def describe(client: MlflowClient, pinned: Pinned) -> None:
    """Describe a version by the answers of its last runs, unless a person has described it."""
    version = client.get_model_version(pinned.name, str(pinned.version))
    tags = dict(version.tags)
    before = digests.sha256(version.description.encode()) if version.description else ""
    if before and before not in tags.get(DESCRIPTION_TAG, "").split():
        return
    kinds = [name.removeprefix(LAST) for name in tags if name.startswith(LAST)]
    runs = [(kind, run) for kind in kinds if (run := last_run(client, tags, kind)) is not None]
    text = shown(
        "\n".join(_summary(kind, run) for kind, run in sorted(runs, key=lambda pair: ended(pair[1])))
    )
    both = f"{before} {digests.sha256(text.encode())}"  # both count as MXT's if it stops before the next line
    settled(client.set_model_version_tag, pinned.name, str(pinned.version), DESCRIPTION_TAG, both)
    client.update_model_version(pinned.name, str(pinned.version), text)


def run_of(client: MlflowClient, run_id: str) -> Run | None:
    """The run with an id; None if the id is empty, or the run is gone."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id) if run_id else None
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _summary(kind: str, run: Run) -> str:
    """A run's verdict and answer in Markdown, with a link to the run."""
    answers = digests.recorded(run.info.run_id, FINDINGS_FILE).get("answer")
    verdict = "passed" if run.data.tags.get(PASSED) == "true" else "refused"
    link = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}?workflowType=machine_learning"
    when = stated(moments.to_text(moments.from_milliseconds(ended(run))))
    answer = " ".join(map(str, answers)) if isinstance(answers, list) else ""
    page = render(Document([Pairs([(f"{kind} {verdict}, {when}", answer)])])).strip()
    return f"{page} ([run]({link}))"
