"""A run in MLflow: where a job records what it does."""

from __future__ import annotations

import math
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mxt.errors import MxtError, ServiceError
from mxt.redaction import shown, without_secrets
from mxt.services.base import owners
from mxt.services.base.outages import GARBLED, is_garbled, login, of_a_store, without_driver
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from mlflow.data.dataset_source import DatasetSource

    from mxt.services.mlflow import MlflowService

MAX_TAG = 5000
MAX_PARAMETER = 500
_KEPT_TAGS = ("mlflow.user", "mlflow.source.name", "mlflow.source.type", owners.PROCESS_TAG)
"""Tags of the active run that nested runs get too."""


@dataclass(frozen=True)
class Nested:
    """Content of a run within another run, such as a trial of a search."""

    name: str
    parameters: Mapping[str, object]
    metrics: Sequence[tuple[str, float, int]]
    """Name, value and step of each metric; NaN values are left out."""
    tags: Mapping[str, str]
    seconds: float
    """How long the trial took."""
    failed: bool = False


@dataclass(frozen=True)
class Run:
    """The active run of a job."""

    run_id: str
    service: MlflowService
    artifacts: list[str] = field(default_factory=list)
    """Names of the files logged so far."""

    @classmethod
    def begin(cls, service: MlflowService, name: str, tags: Mapping[str, str]) -> Run:
        """Open a run in the service's experiment and make it the active one."""
        import mlflow

        active = mlflow.active_run()
        if active is not None:
            msg = f"The MLflow run {active.info.run_id} is still open in this process; end it first."
            raise ServiceError(msg)
        own = {**tags, owners.PROCESS_TAG: owners.this_process()}
        with translated(service.tracking_uri):
            run = mlflow.start_run(
                experiment_id=service.experiment_id,
                run_name=shown(service.run_name or name),
                description=service.run_description and shown(service.run_description),
                tags=_cut({**service.run_tags, **own}, MAX_TAG),
            )
        return cls(run.info.run_id, service)

    def end(self, status: Literal["FINISHED", "FAILED", "KILLED"], name: str = "") -> None:
        """Close the run, under a name that says how it ended, unless the config has one."""
        import mlflow

        with translated(self.service.tracking_uri):
            if name and self.service.run_name is None:
                mlflow.set_tag("mlflow.runName", shown(name))
            mlflow.end_run(status)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags; long ones are cut."""
        import mlflow

        mlflow.set_tags(_cut(tags, MAX_TAG))

    def parameters(self, parameters: Mapping[str, object]) -> None:
        """Log parameters, by which the MLflow UI compares runs; long ones are cut."""
        import mlflow

        mlflow.log_params(_cut(parameters, MAX_PARAMETER))

    def nest(self, nested: Nested) -> str:
        """Log a finished run within this one, in three calls of the store, and return its id.

        This run stays the active one.
        """
        import mlflow
        from mlflow.entities import Metric, Param

        client, now = self.service.client(), int(time.time() * 1000)
        own = mlflow.active_run().data.tags
        kept = {name: own[name] for name in _KEPT_TAGS if name in own}
        tags = {**self.service.run_tags, **kept, **nested.tags, "mlflow.parentRunId": self.run_id}
        begun = now - round(nested.seconds * 1000)
        experiment = self.service.experiment_id
        run_id = str(client.create_run(experiment, begun, _cut(tags, MAX_TAG), nested.name).info.run_id)
        metrics = [
            Metric(name, value, now, step) for name, value, step in nested.metrics if not math.isnan(value)
        ]
        parameters = [Param(*item) for item in _cut(nested.parameters, MAX_PARAMETER).items()]
        client.log_batch(run_id, metrics, parameters)
        client.set_terminated(run_id, "FAILED" if nested.failed else "FINISHED", now)
        return run_id

    def describe(self, text: str) -> None:
        """Describe the run in Markdown, with links to its pages above and to its other files below.

        Nothing is done if the config has a description.
        """
        import mlflow

        if self.service.run_description is None:
            pages = [file for file in self.artifacts if file.endswith(".md")]
            others = [file for file in self.artifacts if file not in pages]
            parts = [self._links(pages), text, self._links(others)]
            mlflow.set_tag("mlflow.note.content", shown("\n\n".join(filter(None, parts)))[:MAX_TAG])

    def address(self, file: str) -> str:
        """Link to a file of the run in MLflow's UI, relative to any of its pages."""
        page = f"#/experiments/{self.service.experiment_id}/runs/{self.run_id}/artifacts"
        return f"{page}/{file}?workflowType=machine_learning"

    def _links(self, files: Sequence[str]) -> str:
        return ", ".join(f"[{file}]({self.address(file)})" for file in files)

    def score(self, metrics: Mapping[str, float]) -> None:
        """Log metrics."""
        import mlflow

        mlflow.log_metrics(dict(metrics))

    def text(self, content: str, file: str) -> None:
        """Log a text as an artifact."""
        import mlflow

        with self._kept(file):
            mlflow.log_text(without_secrets(content), file)

    def table(self, table: pd.DataFrame, file: str) -> None:
        """Log a table as a CSV artifact, which the MLflow UI shows as a table."""
        import mlflow

        with self._kept(file), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_text(
                without_secrets(table.to_csv(lineterminator="\n")), encoding="utf-8", newline="\n"
            )
            mlflow.log_artifact(str(path))

    def chart(self, draw: Callable[[Figure], object], file: str) -> None:
        """Draw a chart on an empty figure, and log it as a PNG artifact wide enough for its labels."""
        import matplotlib as mpl
        import mlflow
        from matplotlib.figure import Figure

        figure = Figure(layout="constrained")
        with mpl.rc_context({"text.parse_math": False}):  # a name with $ is no formula
            draw(figure)
            with self._kept(file):
                mlflow.log_figure(figure, file, save_kwargs={"bbox_inches": "tight"})

    def dataset(self, head: pd.DataFrame, digest: str, rows: int, source: str, role: str) -> None:
        """Link the data that the job read, by the fingerprint of its whole content.

        Args:
            head: Some rows, from which MLflow takes the types of columns.
            digest: Fingerprint of the whole table; MLflow keeps 36 of its digits, a tag keeps all.
            rows: Number of rows of the whole table.
            source: Where the table was read from.
            role: What the job uses the table for, such as training.
        """
        import mlflow

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = mlflow.data.from_pandas(
                head, source=_origin(shown(source)), name=role, digest=digest[:36]
            )
            tags = {"mxt.data_digest": digest, "mxt.rows": str(rows)}
            settled(mlflow.log_input, dataset, context=role, tags=tags)

    @contextmanager
    def _kept(self, file: str) -> Iterator[None]:
        """Add a logged file to `artifacts`; an artifact store that is full or gone is a ServiceError."""
        try:
            yield
        except OSError as error:
            why = error.strerror or type(error).__name__
            msg = f"The file {file} of run {self.run_id} cannot be stored as an artifact ({why})."
            raise ServiceError(msg) from error
        if file not in self.artifacts:
            self.artifacts.append(file)


def _origin(source: str) -> DatasetSource:
    """MLflow's form of a source; a database, for which MLflow has none, is recorded by its name."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.dataset_source_registry import resolve_dataset_source
    from mlflow.exceptions import MlflowException

    try:
        return resolve_dataset_source(source)
    except MlflowException:
        return CodeDatasetSource({"mlflow.source.name": source})


def _cut(texts: Mapping[str, object], length: int) -> dict[str, str]:
    return {key: shown(str(value))[:length] for key, value in texts.items()}


@contextmanager
def translated(endpoint: str) -> Iterator[None]:
    """Turn failures of MLflow and its stores into a ServiceError that names the endpoint.

    Raises:
        ServiceError: A store failed, does not answer, or refuses.
        MissingExtraError: The driver of a store is not installed.
    """
    try:
        yield
    except MxtError:
        raise
    except Exception as error:
        lacking = without_driver(endpoint, error)
        if lacking is not None:
            raise lacking from error
        if not of_a_store(error):
            raise
        hint = GARBLED if is_garbled(error) else login(endpoint, error)
        why = shown(str(error)).partition("\n")[0][:200]
        msg = f"MLflow at {endpoint} failed ({type(error).__name__}: {why})"
        raise ServiceError(f"{msg}. {hint}" if hint else msg) from error
