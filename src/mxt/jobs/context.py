"""What a running job holds: its run in MLflow, what it read, wrote and found."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger

from mxt import packages
from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.tables import refuse_repeated_ids, to_frame
from mxt.datasets.writers.base import Provenance
from mxt.registries.digests import FILES
from mxt.registries.readings import suited, warn_left_out
from mxt.registries.versions import Pinned, pin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import pyarrow as pa
    from mlflow import MlflowClient

    from mxt.datasets.fingerprint import Fingerprint
    from mxt.datasets.readers.base import Reader
    from mxt.datasets.writers.base import Writer
    from mxt.jobs.base import Job
    from mxt.models import Model
    from mxt.registries.loaders import Loader
    from mxt.schemas import InputsSchema
    from mxt.services.runs import Run

Fact = str | int | float | bool | None

HOW = {"executor", "part_rows", "shard", "fresh", "memory_limit", "workers"}
"""Fields of a job that tell how it works, not what comes of it."""


@dataclass
class Context:
    """The state of one run of a job."""

    job: Job
    run: Run
    model: Pinned | None = None
    data: Fingerprint | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    passed: bool | None = None
    skipped: bool = False
    sample: str = ""
    """Which rows were worked on, if not all."""
    packages: set[str] = field(default_factory=set)
    """Those that the models are made of which the job has loaded."""

    @property
    def client(self) -> MlflowClient:
        """A client of the store and the registry."""
        return self.job.mlflow_service.client()

    @property
    def name(self) -> str:
        """Name of the registered model."""
        return self.job.mlflow_service.registry_name

    def record_config(self) -> None:
        """Put the job's whole config into the run: as parameters to compare, and as a file."""
        self.run.parameters(parameters(json.loads(self.job.model_dump_json())))
        self.run.tag({"mxt.config_digest": config_digest(self.job)})
        self.run.text(self.job.model_dump_json(indent=2), "config.json")
        if self.job.files:
            self.run.text(json.dumps(self.job.files, indent=2, sort_keys=True), FILES)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Log that a step ended, and how long it took."""
        begun = time.monotonic()
        logger.debug("{}: started", what)
        yield
        logger.info("{}: {:.1f} s", what, time.monotonic() - begun)

    def read(self, reader: Reader, role: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read a table whole, as its version's training read, and link its fingerprint to the run."""
        reader = suited(reader, self.model)
        with self.step(f"read {role} from {reader.source}"):
            batches = list(reader.arrow(columns))
            frame = refuse_repeated_ids(to_frame(batches, reader.id_column), reader.source)
            self.link(fingerprint(batches), frame.head(100), reader.source, role)
        logger.info("{} has {} rows and {} columns", role, len(frame), len(frame.columns))
        if columns is None:
            warn_left_out(reader)
        return frame

    def link(self, data: Fingerprint, head: pd.DataFrame, source: str, role: str) -> None:
        """Tie the data read to the run; the last data linked is the provenance of what is written."""
        self.data = data
        self.facts[f"{role}_rows"] = data.rows
        self.run.dataset(head, data.digest, data.rows, source, role)

    @property
    def linked(self) -> Fingerprint:
        """The fingerprint of the data linked last."""
        if self.data is None:
            msg = "No data were linked to the run yet."
            raise RuntimeError(msg)
        return self.data

    def pin(self, alias_or_version: str | int) -> Pinned:
        """Find the model version that the job works on, once, and tie it to the run."""
        self.pinned(pin(self.client, self.name, alias_or_version))
        logger.info("the model is {}", self.model)
        return self.model  # type: ignore[return-value] # set above

    def pinned(self, model: Pinned) -> None:
        """Tie a model version to the run."""
        self.model = model
        self.facts |= {"model": model.name, "version": model.version}
        self.run.tag(
            {"mxt.model": model.name, "mxt.model_version": str(model.version), "mxt.model_uri": model.uri}
        )

    def tag_version(self, tag: str) -> None:
        """Let the model version tell that this run is the latest of its sort."""
        if self.model is not None:
            self.client.set_model_version_tag(self.model.name, str(self.model.version), tag, self.run.run_id)

    def checked_inputs(
        self, loader: Loader, uri: str, reader: Reader, role: str, extra: list[str] | None = None
    ) -> tuple[InputsSchema | None, pd.DataFrame, pd.DataFrame]:
        """Read a table and check that a model can take it, before the model is loaded.

        Returns:
            The model's schema, its checked inputs, and the whole table with the `extra` columns.
        """
        schema = loader.load_schema(uri)
        wanted = None if schema is None else [*schema.columns, *(extra or [])]
        table = self.read(suited(reader, self.model, schema), role, wanted)
        return schema, self.check(schema, table, reader.source), table

    def check(self, schema: InputsSchema | None, table: pd.DataFrame, source: str) -> pd.DataFrame:
        """The model's inputs in `table`; soft limits that rows exceed are logged."""
        if schema is None:
            return table
        inputs = schema.check(table, source)
        warn_beyond(schema.beyond_limits(inputs), len(inputs), source)
        return inputs

    def load(self, loader: Loader, uri: str) -> Model:
        """Load the model."""
        with self.step(f"load {uri}"):
            model = loader.load(uri)
            self.packages |= {*model.packages}
            return model

    def write(
        self,
        writer: Writer,
        data: pd.DataFrame | Iterator[pa.RecordBatch],
        role: str,
        unit: str = "",
        facts: Mapping[str, str] | None = None,
        present: Provenance | None = None,
    ) -> int:
        """Write an output with its provenance, and tell where it went.

        Args:
            writer: Where it goes.
            data: A table, or its parts.
            role: What the output is to the job.
            unit: That of the values.
            facts: What else the provenance tells.
            present: That of the output that parts are added to; None replaces the output.
        """
        import pandas as pd

        told = Provenance({**self.provenance(unit).facts, **(facts or {})})
        with self.step(f"write {role} to {writer.target}"):
            if isinstance(data, pd.DataFrame):
                rows = writer.write(data, told)
            elif present is None:
                rows = writer.write_arrow(data, told)
            else:
                rows = writer.add_arrow(data, told, present)
        self.outputs[role] = writer.target
        self.facts[f"{role}_rows"] = rows
        return rows

    def provenance(self, unit: str = "") -> Provenance:
        """Where an output of the job comes from; the same for the same config, model and data."""
        facts = {
            "job": type(self.job).__name__,
            "config_digest": config_digest(self.job),
            "model_uri": self.model.uri if self.model else "",
            "model_version": str(self.model.version) if self.model else "",
            "data_digest": self.data.digest if self.data else "",
            "unit": unit,
            "sample": self.sample,
            "packages": packages.written(*self.packages),
        }
        return Provenance({key: value for key, value in facts.items() if value})

    def conclude(self, *, passed: bool, **found: Any) -> dict[str, Any]:  # noqa: ANN401 - a job's locals are of any type
        """The job's locals: what it found by name, whether it passed, and its facts."""
        self.passed = passed
        self.run.tag({"mxt.passed": str(passed).lower()})
        self.run.describe(self.outcome, self.facts)
        return {**found, "passed": passed, "facts": dict(self.facts)}

    def skip(self, why: str) -> dict[str, Any]:
        """The locals of a job that has nothing to do."""
        self.skipped = True
        self.facts["nothing_to_do"] = why
        self.run.tag({"mxt.skipped": "true"})
        return self.conclude(passed=True)

    @property
    def outcome(self) -> Literal["failed", "passed", "refused", "skipped"]:
        """How the job ended."""
        if self.skipped:
            return "skipped"
        return "failed" if self.passed is None else "passed" if self.passed else "refused"


def warn_beyond(counts: Mapping[str, int], rows: int, source: str) -> None:
    """Log soft limits that rows exceed; counts only."""
    for name, count in counts.items():
        logger.warning(
            "{}: column {!r}: {} of {} rows lie beyond the range of training", source, name, count, rows
        )


def parameters(node: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - a config's content
    """The values of a config by their dotted paths, without what is left out and the services."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        return {} if node is None else {path: node}
    inner = [parameters(part, f"{path}.{key}" if path else str(key)) for key, part in items]
    return {key: value for part in inner for key, value in part.items() if "_service." not in key}


def config_digest(job: Job) -> str:
    """SHA-256 of the job's config as JSON, defaults included, without what the result does not depend on."""
    return hashlib.sha256(job.model_dump_json(exclude=HOW).encode()).hexdigest()
