"""Keys of the parts that a job keeps: all that the bytes of a part depend on, beside its rows, as text."""

from __future__ import annotations

import importlib.metadata
import json
from typing import TYPE_CHECKING

from mxt import packages
from mxt.jobs.base.configs import config_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.jobs.base.stream import StreamJob
    from mxt.streams.tasks import Table

EARLIER = ("mxt", "numpy", "pandas", "scikit-learn", "shap", "xgboost")
"""Packages that the key of parts named, whatever the model was, until it named those of the model."""


def keys(job: StreamJob, table: Table) -> dict[str, str]:
    """The `key` of the parts of a table, and the `earlier` one from before keys named the model's packages.

    The earlier key is empty if it did not name one of these packages.
    """
    # Parts from before readers had a reading count where they are the same.
    former = table.reader.model_copy(update={"reading": "inferred"})
    reading = [] if table.reader.reads_as(former, table.columns) else ["exact"]
    key = _text(job, table, packages.versions(*job.context.packages), reading)
    if job.context.packages - {*EARLIER, *packages.BASE}:
        return {"key": key, "earlier": ""}
    versions = {name: importlib.metadata.version(name) for name in EARLIER}
    return {"key": key, "earlier": _text(job, table, versions, reading)}


def _text(job: StreamJob, table: Table, versions: Mapping[str, str], reading: list[str]) -> str:
    model, mark = job.context.model, table.reader.mark
    source = [mark.to_json() if mark else "", table.rows, table.basis]
    limits = [] if job.memory_limit is None else [job.memory_limit, job.executor.model_dump_json()]
    return json.dumps([config_digest(job), model.uri if model else "", *source, versions, *limits, *reading])
