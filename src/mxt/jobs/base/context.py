"""The state of a running job: its run in MLflow, the tables it read and wrote, and its findings so far."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger

from mxt import packages
from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.survey import first_rows
from mxt.datasets.tables import refuse_repeated_ids, to_frame
from mxt.datasets.writers.base import Provenance
from mxt.findings import Findings
from mxt.jobs.base import conclusions
from mxt.jobs.base.inheriting import read_as_trained
from mxt.pages.surveys import described
from mxt.registries.latest import FINDINGS_FILE
from mxt.registries.readings import suited, warn_left_out
from mxt.registries.served import Served, allowed_of
from mxt.registries.unfinished import why_unfinished
from mxt.registries.versions import pin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from mlflow import MlflowClient

    from mxt.datasets.fingerprint import Fingerprint
    from mxt.datasets.readers.base import Reader
    from mxt.findings import Document, Fact, Output
    from mxt.registries.loaders.base import Loader
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema
    from mxt.services import MlflowService
    from mxt.services.base.runs import Run


@dataclass
class Context:
    """The state of one run of a job."""

    kind: str
    """The job's `KIND`."""
    config_digest: str
    service: MlflowService
    run: Run
    model: Pinned | None = None
    data: Fingerprint | None = None
    served: list[Served] = field(default_factory=list)
    """The versions that the job works with."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Where each output was written, by its role."""
    facts: dict[str, Fact] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    """The findings of all stages so far."""
    concluded: bool = False
    """Whether all outputs are written."""
    sample: str = ""
    """Which rows were worked on, if not all."""
    read_as: dict[str, dict[str, object]] = field(default_factory=dict)
    """What each reader inherited from the trainings of the versions, by the reader's name in the config."""

    @property
    def client(self) -> MlflowClient:
        """A client of the store and the registry."""
        return self.service.client()

    @property
    def name(self) -> str:
        """Name of the registered model."""
        return self.service.registry_name

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Log that a step ended, and how long it took."""
        begun = time.monotonic()
        logger.debug("{}: started", what)
        yield
        logger.info("{}: {:.1f} s", what, time.monotonic() - begun)

    def read(self, reader: Reader, role: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read a table whole, as its version's training read, and link its fingerprint to the run."""
        reader = suited(read_as_trained(self, reader, role), self.model)
        with self.step(f"read {role} from {reader.source}"):
            batches = list(reader.arrow(columns))
            frame = refuse_repeated_ids(to_frame(batches, reader.id_column), reader.source)
            self.link(fingerprint(batches), frame.head(100), reader.source, role)
        what = described(first_rows(frame), len(frame))
        logger.info("{} has {} rows and {} columns: {}", role, len(frame), len(frame.columns), what)
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

    def serve(self, loader: Loader, alias_or_version: str | int) -> Served:
        """The version that the job works on; the run is tied to it."""
        served = self.other(loader, alias_or_version)
        self.pinned(served.pinned)
        logger.info("the model is {}", served.pinned)
        return served

    def other(self, loader: Loader, alias_or_version: str | int) -> Served:
        """A version that the job compares with, or does not work on alone."""
        served = Served(pin(self.client, self.name, alias_or_version), loader)
        self.served.append(served)
        if why := why_unfinished(self.client, served.pinned):
            logger.warning("{}", why)
            self.facts["unfinished"] = why
        return served

    def pinned(self, model: Pinned) -> None:
        """Tie a model version to the run."""
        self.model = model
        self.facts |= {"model": model.name, "version": model.version}
        self.run.tag(
            {"mxt.model": model.name, "mxt.model_version": str(model.version), "mxt.model_uri": model.uri}
        )

    def check(self, schema: InputsSchema | None, table: pd.DataFrame, source: str) -> pd.DataFrame:
        """The model's inputs in `table`; soft limits that rows exceed are logged."""
        if schema is None:
            return table
        inputs = schema.check(table, source)
        warn_beyond(schema.beyond_limits(inputs), len(inputs), source)
        return inputs

    @property
    def packages(self) -> set[str]:
        """The packages that the models are made of which the job has loaded."""
        return {name for served in self.served for name in served.packages}

    @property
    def inherited(self) -> str:
        """What readers inherited, as JSON; empty if they inherited nothing."""
        return json.dumps(self.read_as, sort_keys=True) if self.read_as else ""

    def provenance(self, unit: str = "") -> Provenance:
        """Where an output of the job comes from; the same for the same config, model and data."""
        facts = {
            "job": self.kind,
            "config_digest": self.config_digest,
            "model_uri": self.model.uri if self.model else "",
            "model_version": str(self.model.version) if self.model else "",
            "data_digest": self.data.digest if self.data else "",
            "unit": unit,
            "sample": self.sample,
            "read_as": self.inherited,
            "packages": packages.written(*self.packages),
        }
        return Provenance({key: value for key, value in facts.items() if value})

    def record(self, findings: Findings) -> None:
        """Put a stage into the run at once, since it must outlive a failure or precede an act."""
        self._join(findings)
        conclusions.record(self.run, findings, self.page(self.title), self.findings.page.name)

    def conclude(self, findings: Findings) -> dict[str, Any]:
        """Do everything with the job's findings, and return its Locals: values, verdict and facts.

        The findings go into the run, then the outputs are written, then the run says how the job ended.
        """
        self._join(findings)
        page = self.page(f"{self.title}: {self.verdict}")
        conclusions.record(self.run, findings, page, self.findings.page.name)
        self.run.tag({f"mxt.{name}": text for name, text in allowed_of(self.served).items()})
        content = conclusions.content(self.findings, self.facts, page, self.about)
        content = {"job": self.kind, **content, "provenance": dict(self.provenance().facts)}
        self.run.text(conclusions.as_json(content), FINDINGS_FILE)
        for output in self.findings.outputs:
            self._write(output)
        self.concluded = True
        conclusions.end(self.run, self.findings, self.facts, self.outcome, self.about)
        return {**self.findings.values, "passed": self.findings.passed, "facts": dict(self.facts)}

    def page(self, title: str) -> Document:
        """The page of all stages so far."""
        facts = {**self.provenance().facts, **allowed_of(self.served)}
        return conclusions.page(title, self.findings, facts)

    @property
    def about(self) -> Pinned | None:
        """The version that the findings are about."""
        return self.findings.about or self.model

    def _join(self, findings: Findings) -> None:
        self.findings |= findings
        self.facts |= findings.facts

    def _write(self, output: Output) -> None:
        """Write an output with its provenance, and record where it went."""
        import pandas as pd

        writer, data = output.writer, output.data
        if writer is None:
            return
        provenance = Provenance({**self.provenance(output.unit).facts, **output.facts})
        with self.step(f"write {output.role} to {writer.target}"):
            if isinstance(data, pd.DataFrame):
                rows = writer.write(data, provenance)
            elif output.present is None:
                rows = writer.write_arrow(iter(data), provenance)
            else:
                rows = writer.add_arrow(iter(data), provenance, output.present)
        self.outputs[output.role] = writer.target
        self.facts[f"{output.role}_rows"] = rows

    @property
    def outcome(self) -> Literal["failed", "passed", "refused", "skipped"]:
        """How the job ended."""
        return self.verdict if self.concluded else "failed"

    @property
    def verdict(self) -> Literal["passed", "refused", "skipped"]:
        """What the job decided, if it comes to a good end."""
        if self.findings.skipped:
            return "skipped"
        return "passed" if self.findings.passed else "refused"

    @property
    def title(self) -> str:
        """What the run is of: the job's KIND, the model and its version."""
        version = [] if self.model is None else [self.model.name, str(self.model.version)]
        return " ".join([self.kind, *version])


def warn_beyond(counts: Mapping[str, int], rows: int, source: str) -> None:
    """Log soft limits that rows exceed; counts only."""
    for name, count in counts.items():
        logger.warning(
            "{}: column {!r}: {} of {} rows lie beyond the range of training", source, name, count, rows
        )
