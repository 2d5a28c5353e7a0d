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
    read_as: str = ""
    """What the readers of the job inherited from the training of its version, as JSON; empty if nothing."""

    def keys(self, workload: Workload) -> dict[str, str]:
        """The `key` of the parts of a table, and the `earlier` one in the form of earlier releases.

        The earlier key is empty if it did not name one of the packages.
        """
        # Parts written before readers had a `reading` count where the cells are the same.
        inferred = workload.reader.model_copy(update={"reading": "inferred"})
        reading = [] if workload.reader.reads_as(inferred, workload.columns) else ["exact"]
        key = self._text(workload, packages.versions(*self.packages), reading)
        if self.packages - {*EARLIER, *packages.BASE}:
            return {"key": key, "earlier": ""}
        versions = {name: importlib.metadata.version(name) for name in EARLIER}
        return {"key": key, "earlier": self._text(workload, versions, reading)}

    def _text(self, workload: Workload, versions: Mapping[str, str], reading: list[str]) -> str:
        mark = workload.reader.mark
        source = [mark.to_json() if mark else "", workload.part_rows, workload.basis]
        how = [*(self.memory or ()), *reading, *([self.read_as] if self.read_as else [])]
        return json.dumps([self.config_digest, self.model_uri, *source, versions, *how])
