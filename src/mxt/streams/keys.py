"""Keys of kept parts: all that the bytes of a part depend on, beside its rows, as text."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt import packages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.streams.tasks import Workload

EARLIER = ("mxt", "numpy", "pandas", "scikit-learn", "shap", "xgboost")
"""Packages that earlier releases named in each key, whatever the model was."""


@dataclass(frozen=True)
class Origin:
    """What the parts of an output are made by."""

    config_digest: str
    """Digest of the job's config."""
    model_uri: str
    packages: frozenset[str]
    """The packages that the models are made of."""
    memory: tuple[int, str] | None = None
    """The memory limit and the executor's config, which the parts depend on where there is a limit."""

    def key(self, workload: Workload) -> str:
        """The key of the parts of a table."""
        return self._text(workload, packages.versions(*self.packages))

    def earlier_key(self, workload: Workload) -> str:
        """The key of such parts in the form of earlier releases; empty if it named too few packages."""
        if self.packages - {*EARLIER, *packages.BASE}:
            return ""
        return self._text(workload, {name: importlib.metadata.version(name) for name in EARLIER})

    def _text(self, workload: Workload, versions: Mapping[str, str]) -> str:
        reader = workload.reader
        mark = reader.mark.to_json() if reader.mark else ""
        source = [self.config_digest, self.model_uri, mark, workload.part_rows, workload.basis]
        # Parts written before readers had a `reading` count where the cells are the same.
        inferred = reader.model_copy(update={"reading": "inferred"})
        reading = [] if reader.reads_as(inferred, workload.columns) else ["exact"]
        return json.dumps([*source, versions, *(self.memory or ()), *reading])
