"""The last screen of a job: the answer, the facts, what to do next, and how to look at the run."""

from __future__ import annotations

import shlex
import socket
import sys
from typing import TYPE_CHECKING

from mxt.findings.words import stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.jobs.base import Job
    from mxt.jobs.base.context import Context

PORTS = range(5000, 5100)
"""Where the MLflow UI may listen: the first that is free."""
LONG = 20
"""Characters from which a fact is not repeated that stands in the answer."""
QUIET = "MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"
"""No report to MLflow's makers, and none of the seven processes that serve language models."""


def screen(job: Job, context: Context) -> str:
    """The screen of a job that came to a good end."""
    return "\n".join(_lines(job, context))


def _lines(job: Job, context: Context) -> Iterator[str]:
    yield f"\n{context.title}: {context.outcome}"
    yield from (f"  {sentence}" for sentence in context.findings.answer)
    yield ""
    for name, value in context.facts.items():
        fact = stated(value)
        if fact and not _answered(fact, context):
            yield f"  {name}: {fact}"
    yield from (f"  {role} -> {target}" for role, target in context.outputs.items())
    if context.findings.next:
        yield "Next:"
        yield from (f"  {command}" for command in context.findings.next)
    yield from _how_to_see(job, context.run.run_id)


def _answered(fact: str, context: Context) -> bool:
    """Whether the answer holds a long fact word for word."""
    return len(fact) > LONG and any(fact in sentence for sentence in context.findings.answer)


def _how_to_see(job: Job, run_id: str) -> Iterator[str]:
    """The address of the run, and the command that serves it if no server does."""
    uri = job.mlflow_service.tracking_uri
    page = f"#/experiments/{job.mlflow_service.experiment_id}/runs/{run_id}?workflowType=machine_learning"
    if uri.startswith("http"):
        yield f"See it at {uri.rstrip('/')}/{page}"
        return
    port = _free_port()
    yield f"See it in the MLflow UI, at http://127.0.0.1:{port}/{page}, while this runs:"
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--port", str(port)]
    yield f"  {QUIET} {shlex.join(words)}"


def _free_port() -> int:
    """The first of `PORTS` that nobody listens on; the first of all if all are taken."""
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    return PORTS[0]
