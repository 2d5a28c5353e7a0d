"""A run in MLflow: what a job tells of itself while it works."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import MxtError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from mxt.services.mlflow import MlflowService

MAX_TAG = 5000
MAX_PARAMETER = 500


@dataclass(frozen=True)
class Run:
    """The active run of a job."""

    run_id: str
    service: MlflowService
    artifacts: list[str] = field(default_factory=list)
    """Files logged so far."""

    @classmethod
    def begin(cls, service: MlflowService, name: str, tags: Mapping[str, str]) -> Run:
        """Open a run in the service's experiment and make it the active one."""
        import mlflow

        with translated(service.tracking_uri):
            run = mlflow.start_run(
                experiment_id=service.experiment_id,
                run_name=service.run_name or name,
                description=service.run_description,
                tags={**service.run_tags, **tags},
            )
        return cls(run.info.run_id, service)

    def end(self, *, finished: bool) -> None:
        """Close the run as FINISHED or FAILED."""
        import mlflow

        with translated(self.service.tracking_uri):
            mlflow.end_run("FINISHED" if finished else "FAILED")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags; long ones are cut."""
        import mlflow

        mlflow.set_tags({key: value[:MAX_TAG] for key, value in tags.items()})

    def parameters(self, parameters: Mapping[str, object]) -> None:
        """Log parameters, by which the MLflow UI compares runs; long ones are cut."""
        import mlflow

        mlflow.log_params({key: str(value)[:MAX_PARAMETER] for key, value in parameters.items()})

    def describe(self, outcome: str, facts: Mapping[str, object]) -> None:
        """Say on the run's page how the job ended, with links to what it logged."""
        import mlflow

        if self.service.run_description is None:
            pages_first = sorted(self.artifacts, key=lambda file: not file.endswith(".md"))
            page = f"#/experiments/{self.service.experiment_id}/runs/{self.run_id}/artifacts"
            links = [f"[{file}]({page}/{file}?workflowType=machine_learning)" for file in pages_first]
            lines = [f"**{outcome}**: {', '.join(links)}" if links else f"**{outcome}**", ""]
            lines += [f"- {name}: {value}" for name, value in facts.items()]
            mlflow.set_tag("mlflow.note.content", "\n".join(lines))

    def score(self, metrics: Mapping[str, float]) -> None:
        """Log metrics."""
        import mlflow

        mlflow.log_metrics(dict(metrics))

    def text(self, content: str, file: str) -> None:
        """Log a text as an artifact."""
        import mlflow

        mlflow.log_text(content, file)
        self.artifacts.append(file)

    def table(self, table: pd.DataFrame, file: str) -> None:
        """Log a table as a CSV artifact, which the MLflow UI shows as a table."""
        import mlflow

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            table.to_csv(path, lineterminator="\n")
            mlflow.log_artifact(str(path))
        self.artifacts.append(file)

    def figure(self, figure: Figure, file: str) -> None:
        """Log a figure as an artifact, labels whole, and close it."""
        import mlflow
        from matplotlib import pyplot as plt

        mlflow.log_figure(figure, file, save_kwargs={"bbox_inches": "tight"})
        self.artifacts.append(file)
        plt.close(figure)

    def dataset(self, head: pd.DataFrame, digest: str, rows: int, source: str, role: str) -> None:
        """Link the data that the job read, by the fingerprint of its whole content.

        Args:
            head: Some rows, for the column types only.
            digest: Fingerprint of the whole table; MLflow keeps 36 of its digits, a tag keeps all.
            rows: How many rows the whole table has.
            source: Where the table came from.
            role: What the table is to the job, such as training.
        """
        import mlflow

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = mlflow.data.from_pandas(head, source=source, name=role, digest=digest[:36])
            tags = {"mxt.data_digest": digest, "mxt.rows": str(rows)}
            mlflow.log_input(dataset, context=role, tags=tags)


@contextmanager
def translated(endpoint: str) -> Iterator[None]:
    """Tell failures of MLflow and its store as a ServiceError that names the endpoint."""
    import mlflow.exceptions
    import requests
    import sqlalchemy.exc

    try:
        yield
    except MxtError:
        raise
    except (
        mlflow.exceptions.MlflowException,
        sqlalchemy.exc.SQLAlchemyError,
        requests.RequestException,
    ) as error:
        msg = f"MLflow at {endpoint} failed ({type(error).__name__}: {str(error).splitlines()[0][:200]})"
        raise ServiceError(msg) from error
