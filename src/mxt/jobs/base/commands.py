"""Commands that a person would run next: by a config that lies beside the one that ran, if one does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.jobs.base import Job


def command(job: Job, kind: str, **fields: object) -> str:
    """The command that runs a job of a KIND on the same model, with some fields of its config set.

    Without a config of that KIND beside those of this job, it is the command that shows how to write one.
    """
    name = job.mlflow_service.registry_name
    fitting = sorted(_configs(job, kind, name), key=lambda path: (len(path.name), path.name))
    if not fitting:
        return f"mxt kinds {kind}"
    path = fitting[0] if Path.cwd() == Path(job.root) else job.root / fitting[0]
    words = [str(path), *(f"job.{field}={value}" for field, value in fields.items())]
    return f"mxt {shlex.join(words)}"


def _configs(job: Job, kind: str, registry_name: str) -> Iterator[Path]:
    """The configs of a KIND and a model that lie beside the job's own, by their paths from the root."""
    of_kind = re.compile(rf"\bKIND: [\"']?{kind}\b")
    of_model = re.compile(rf"\bregistry_name: [\"']?{re.escape(registry_name)}[\"']?\s*[,}}\n]")
    for folder in dict.fromkeys(Path(file).parent for file in job.files):
        for path in sorted((Path(job.root) / folder).glob("*.yaml")):
            text = _text(path)
            if of_kind.search(text) and of_model.search(text):
                yield folder / path.name


def _text(path: Path) -> str:
    """What a file holds; nothing if it cannot be read, since a hint must not fail a job."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
