"""MLflow: where runs are tracked and models are registered."""

from __future__ import annotations

import importlib
import os
import re
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, StringConstraints, ValidationInfo

from mxt.configs.addresses import Address
from mxt.configs.locations import NO_SECRET, anchored, revealed
from mxt.datasets import deadlines
from mxt.datasets.local_files import present
from mxt.errors import ConfigError, ServiceError
from mxt.redaction import NAMED
from mxt.services.base import Service
from mxt.services.base.limits import limit_stores
from mxt.services.base.races import settled
from mxt.services.base.stores import files_of, note_store, reason, refuse_special

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient

_NAME = r"""^[^/:.%"']*[^/:.%"'\s][^/:.%"']*$"""
_SQLITE = re.compile(r"^(sqlite(?:\+\w+)?:///)(.+)$")
_DATABASE_TRIES = 5
_QUEUE_SECONDS = 600
"""How long a job waits for others of this machine that start on its SQLite store at the same time."""
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": f"{deadlines.SECONDS:.0f}",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
    "PGCONNECT_TIMEOUT": f"{deadlines.SECONDS:.0f}",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Defaults that a user's own environment overrides: no telemetry, no noise, no minutes of retries."""


def _anchored_store(uri: str, info: ValidationInfo) -> str:
    """Make a relative SQLite file absolute: MLflow would look for it in the current folder."""
    match = _SQLITE.match(uri)
    return match[1] + anchored(match[2], info) if match else uri


StoreUri = Annotated[
    str,
    StringConstraints(
        pattern=rf"^({NAMED}|databricks(-uc)?|sqlite(\+\w+)?:///.+|[A-Za-z][A-Za-z0-9+.-]*:(//.*)?)$"
    ),
    NO_SECRET,
    AfterValidator(_anchored_store),
]
"""URI of a store; MLflow takes credentials from its own variables, or from one that ``env:NAME`` names."""


@contextmanager
def _own_variables() -> Iterator[None]:
    """Restore variables of the user that MLflow sets to this store, so that the next job finds its own."""
    names = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(kept)


class MlflowService(Service):
    """Opens the tracking store and the model registry, and makes the experiment if it is new."""

    tracking_uri: StoreUri = Field(
        default_factory=lambda: os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    )
    """Tracking store; MLFLOW_TRACKING_URI, or else the file mlflow.db at the project's root."""

    registry_uri: StoreUri | None = None
    """Model registry; the tracking store if left out."""

    experiment_name: Annotated[str, StringConstraints(min_length=1)] = "mxt"
    """Experiment of the job's run."""

    registry_name: Annotated[str, StringConstraints(pattern=_NAME)] = "model"
    """Name of the registered model. Where it is left out, a training adds no version that predicts another
    target than the last one, or from other columns."""

    run_name: str | None = None
    """Name of the run; the job's KIND if left out."""

    run_description: str | None = None
    """Description of the run, as Markdown."""

    run_tags: dict[str, str] = {}
    """Tags of the run."""

    _experiment_id: str = PrivateAttr(default="")
    _why: str = PrivateAttr(default="")

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - pydantic's own signature
        """Keep why the registry is where it is, for messages about models."""
        self._why = reason(self.model_fields_set, context or {})

    @property
    def keeps(self) -> tuple[Address, ...]:
        """The files of SQLite stores, the lock beside each, and the folder of artifacts."""
        return files_of([uri for uri in (self.tracking_uri, self.registry_uri) if uri])

    @property
    def experiment_id(self) -> str:
        """Id of the experiment, once the service has started."""
        return self._experiment_id

    def start(self) -> None:
        from mxt.services.base.runs import translated

        self.connect()
        with translated(self.tracking_uri), self._errors(), self._one_at_a_time():
            self._experiment_id = settled(self._experiment)

    def connect(self) -> None:
        """Let MLflow use this store, for those who only read it: nothing is made there.

        Raises:
            ConfigError: A variable of MLflow's own holds what MLflow does not take.
            ServiceError: The store does not answer, or its file is none.
        """
        refuse_special(self.keeps)
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        # MLflow imports Spark wherever it is installed, which then warns of what neither of us uses.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        try:
            import mlflow
        except ValueError as error:
            msg = f"MLflow refuses a variable of its own, such as MLFLOW_LOGGING_LEVEL ({error})."
            raise ConfigError(msg) from error
        self._shorten_retries()
        limit_stores()
        with self._errors(), _own_variables():
            mlflow.set_tracking_uri(revealed(self.tracking_uri))
            mlflow.set_registry_uri(revealed(self.registry_uri or self.tracking_uri))

    def exists(self) -> bool:
        """Whether the store may be there: a SQLite file is, or a server or database is named."""
        match = _SQLITE.match(revealed(self.tracking_uri))
        return match is None or present(Path(match[2]))

    def stop(self) -> None:
        """Do nothing: the job ends its own run."""

    def client(self) -> MlflowClient:
        """A client of the store and the registry."""
        import mlflow

        registry = self.registry_uri or self.tracking_uri
        client = mlflow.MlflowClient(revealed(self.tracking_uri), revealed(registry))
        return note_store(client, registry, self._why)

    def _shorten_retries(self) -> None:
        """Give up on a database in 3 s, not in the 101 s for which MLflow has no setting."""
        if not revealed(self.tracking_uri).startswith("http"):
            import mlflow.store.db.utils

            mlflow.store.db.utils.MAX_RETRY_COUNT = _DATABASE_TRIES

    def _experiment(self) -> str:
        from mxt.services.base.outages import GARBLED

        client = self.client()
        known = client.get_experiment_by_name(self.experiment_name)
        if known is None:
            return str(
                client.create_experiment(self.experiment_name, artifact_location=self._artifact_location())
            )
        if not known.experiment_id:
            msg = f"MLflow at {self.tracking_uri} named an experiment without an id. {GARBLED}"
            raise ServiceError(msg)
        if known.lifecycle_stage != "active":
            msg = f"The experiment {self.experiment_name!r} was deleted; restore it or name another."
            raise ServiceError(msg)
        return str(known.experiment_id)

    def _artifact_location(self) -> str | None:
        """A folder beside the SQLite file; MLflow itself would take one in the current folder."""
        match = _SQLITE.match(revealed(self.tracking_uri))
        if not match:
            return None
        name = re.sub(r"[^\w.-]", "_", self.experiment_name)
        return (Path(match[2]).parent / "mlartifacts" / name).as_uri()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Let one process at a time make a SQLite store: MLflow's migrations break when they race."""
        match = _SQLITE.match(revealed(self.tracking_uri))
        if not match:
            yield
            return
        from filelock import FileLock

        importlib.import_module("mlflow.store.tracking.sqlalchemy_store")  # others need not wait for it
        lock = FileLock(f"{match[2]}.lock", timeout=_QUEUE_SECONDS)
        with lock:  # a process that dies frees it at once
            yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import mlflow.exceptions
        import sqlalchemy.exc

        from mxt.services.base.outages import GARBLED, is_garbled, login, without_driver

        begun = time.monotonic()
        try:
            yield
        except (
            mlflow.exceptions.MlflowException,
            sqlalchemy.exc.SQLAlchemyError,
            OSError,
            ImportError,
        ) as error:
            lacking = without_driver(self.tracking_uri, error)
            if lacking is not None:
                raise lacking from error
            if "migrate-filestore" in str(error):
                msg = (
                    f"MLflow keeps no store in a folder any more, as {self.tracking_uri} is one. "
                    "Write tracking_uri: sqlite:///mlflow.db (`mlflow migrate-filestore` moves what it "
                    "holds), or set MLFLOW_ALLOW_FILE_STORE=true in the environment."
                )
                raise ConfigError(msg) from error
            hint = login(self.tracking_uri, error) or "Is the server up, and the URI right?"
            hint = GARBLED if is_garbled(error) else hint
            msg = (
                f"MLflow does not answer at {self.tracking_uri}: {type(error).__name__} after "
                f"{time.monotonic() - begun:.1f} s. {hint}"
            )
            raise ServiceError(msg) from error
