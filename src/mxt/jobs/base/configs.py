"""A job's config as its run keeps it: parameters to compare runs by, the whole as a file, and a digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from mxt.registries.digests import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.kinds import Kind
    from mxt.services.base.runs import Run

HOW = {"executor", "part_rows", "shard", "fresh", "memory_limit", "workers", "max_rejected_share"}
"""Fields of a job that say how it works; what comes of it does not depend on them."""


def record_config(job: Kind, files: Mapping[str, str], run: Run) -> None:
    """Put the job's whole config into the run, with the digests of the files that it came from."""
    run.parameters(parameters(json.loads(job.model_dump_json())))
    run.tag({"mxt.config_digest": config_digest(job)})
    run.text(job.model_dump_json(indent=2), "config.json")
    if files:
        run.text(json.dumps(files, indent=2, sort_keys=True), FILES)


def config_digest(job: Kind) -> str:
    """SHA-256 of the job's config as JSON, defaults included, without the fields `HOW`."""
    return hashlib.sha256(job.model_dump_json(exclude=HOW).encode()).hexdigest()


def parameters(node: object, path: str = "") -> dict[str, object]:
    """The values of a config by their dotted paths, each list as one, without services and what is empty."""
    if isinstance(node, dict):
        inner = [parameters(part, f"{path}.{key}" if path else str(key)) for key, part in node.items()]
        return {key: value for part in inner for key, value in part.items() if "_service." not in key}
    if isinstance(node, list):
        return {path: ", ".join(map(_element, node))} if node else {}
    return {} if node is None else {path: node}


def _element(part: object) -> str:
    """An element of a list, in a parameter of its own name: texts as they are, and blocks as JSON."""
    return json.dumps(part) if isinstance(part, dict | list) else str(part)
