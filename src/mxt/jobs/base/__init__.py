"""What every job does: start its services, open a run, notify people of the end, and stop its services."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from loguru import logger
from pydantic import Field, PrivateAttr, model_validator

from mxt.datasets.kernels.rows import absence
from mxt.errors import ConfigError, MxtError, full_disk_as_error, memory_as_error
from mxt.kinds import Kind, OneOf
from mxt.registries.loaders.base import Loader
from mxt.registries.versions import AliasOrVersion
from mxt.services import AlertsService, LoggerService, MlflowService

if TYPE_CHECKING:
    from types import TracebackType

    from mxt.jobs.base.context import Context
    from mxt.registries.served import Served

Locals: TypeAlias = dict[str, Any]
"""The results of a job, by name; at least `passed` and `facts`."""
UNCOMPILED = (
    "MXT has no compiled kernels: {}. Explanations take longer, and are refused against a background; "
    "install MXT from a wheel, or again with a compiler of C++20."
)
"""The warning of a job, with the reason that the installation noted."""


class Job(Kind, ABC):
    """A piece of work that a config describes; used as a context manager around `run`.

    Entering starts the services in order and opens a run in MLflow. Leaving closes the run, notifies people
    of how the job ended, well or not, and stops the services in reverse order.
    """

    logger_service: LoggerService = Field(default={}, validate_default=True)
    """Where logs go."""

    alerts_service: AlertsService = Field(default={}, validate_default=True)
    """Who is notified of how the job ended."""

    mlflow_service: MlflowService = Field(default={}, validate_default=True)
    """Where the run is tracked and models are registered."""

    _root: str = PrivateAttr(default="")
    _files: dict[str, str] = PrivateAttr(default={})
    _context: Context | None = PrivateAttr(default=None)
    _services: ExitStack = PrivateAttr(default_factory=ExitStack)

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - pydantic's own signature
        """Keep the project's root, and the digests of the files that the config came from."""
        origin = context or {}
        self._root, self._files = str(origin.get("root") or Path.cwd()), dict(origin.get("files") or {})

    @model_validator(mode="after")
    def _without_clashes(self) -> Self:
        from mxt.jobs.base.clashes import refuse_clashes

        refuse_clashes(self)
        return self

    @property
    def root(self) -> str:
        """The project's root, which relative paths start from."""
        return self._root

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of the YAML files that the config came from, by their paths from the root."""
        return self._files

    @abstractmethod
    def run(self) -> Locals:
        """Do the work.

        Raises:
            MxtError: Something that a user or the world around the job caused.
        """

    @property
    def context(self) -> Context:
        """The state of the run that is open."""
        if self._context is None:
            msg = f"{type(self).__name__}.run() needs its services: write `with job: job.run()`."
            raise RuntimeError(msg)
        return self._context

    def __enter__(self) -> Self:
        from mxt.jobs.base.clashes import refuse_linked
        from mxt.jobs.base.configs import record_config
        from mxt.services.base.runs import translated

        with ExitStack() as started:
            try:
                refuse_linked(self)
            except ConfigError as error:
                self._notify("failed", _why(error))
                raise
            for service in (self.logger_service, self.alerts_service, self.mlflow_service):
                started.callback(service.stop)
                try:
                    service.start()
                except Exception as error:
                    self._notify("failed", _why(error))
                    raise
            name = type(self).__name__
            logger.info("{} started", name)
            if why := absence():
                logger.warning(UNCOMPILED, why)
            self._context = self._begun(name)
            started.push(self._close)
            with translated(self.mlflow_service.tracking_uri):
                record_config(self, self.files, self._context.run)
                self._require_writers()
            self._services = started.pop_all()
        return self

    def _begun(self, name: str) -> Context:
        """The context of a new run, once what dead jobs left is settled."""
        from mxt.findings.tags import JOB
        from mxt.jobs.base.configs import config_digest
        from mxt.jobs.base.context import Context
        from mxt.registries.intents import settle_left_open
        from mxt.services.base.runs import Run, translated

        service = self.mlflow_service
        with translated(service.tracking_uri):
            left = settle_left_open(service.client(), service.experiment_id)
        context = Context(name, config_digest(self), service, Run.begin(service, name, {JOB: name}))
        context.facts |= {"settled": "; ".join(left)} if left else {}
        return context

    def _require_writers(self) -> None:
        """Check that the outputs can be written, before the work whose rows they would hold."""
        from mxt.datasets.writers.base import Writer

        for name in type(self).model_fields:
            writer = getattr(self, name)
            if isinstance(writer, Writer):
                writer.require_writable()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from mxt.services.base.runs import translated

        endpoint = self.mlflow_service.tracking_uri
        with self._services, translated(endpoint), memory_as_error(), full_disk_as_error():
            if error is not None:
                raise error

    def _close(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Close the run, and notify people of how the job ended."""
        from mxt.datasets import deadlines
        from mxt.jobs.base import conclusions
        from mxt.registries import latest
        from mxt.services.base.runs import translated

        context, self._context = self.context, None
        stopped = error is not None and not isinstance(error, Exception)
        name = f"{context.title}: {'failed' if error else context.outcome}"
        try:
            context.run.end("FINISHED" if error is None else "KILLED" if stopped else "FAILED", name)
            evidence = conclusions.evidence(context.findings, context.about)
            if error is None and evidence is not None:
                with translated(self.mlflow_service.tracking_uri):
                    latest.name_unnamed(context.client, evidence)
        except Exception as trouble:
            if error is None:
                error = trouble
                raise
            deadlines.give_up("MLflow")
            logger.warning("Run {} is still open in MLflow: {}", context.run.run_id, _why(trouble))
        finally:
            if error is None:
                level = "SUCCESS" if context.findings.passed else "WARNING"
                logger.log(level, "{}", name)
                self._notify(
                    context.outcome, conclusions.message(context.findings, context.facts, context.run.run_id)
                )
            else:
                ending = "it was stopped" if stopped else _why(error)
                self._notify("failed", f"{ending} (run {context.run.run_id})")

    def _notify(self, outcome: str, message: str) -> None:
        name = type(self).__name__
        self.alerts_service.notify(f"{name} {outcome}", f"{name} {outcome}: {message}")


def _why(error: BaseException) -> str:
    """An error as people read it; the text of a bug is withheld, since it may quote data."""
    return str(error) if isinstance(error, MxtError) else type(error).__name__


class ModelJob(Job, ABC):
    """A job that works on one version of a registered model."""

    alias_or_version: AliasOrVersion = "Champion"
    """Alias, number or semantic version of the model."""

    loader: OneOf[Loader] = Field(default={"KIND": "MlflowLoader"}, validate_default=True)
    """How the model is loaded."""

    def serve(self) -> Served:
        """The version, which the run is tied to."""
        return self.context.serve(self.loader, self.alias_or_version)
