"""Run the job that a YAML config describes.

The last screen goes to the standard error stream, and one JSON line says how the job ended.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from mxt.commands import base
from mxt.commands.base import NO_CONFIG, bug
from mxt.errors import NOTHING_TO_DO, OK, VERDICT_NO, ConfigError, MxtError, Stopped

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mxt.jobs.base import Job

EXIT_CODES = {"passed": OK, "refused": VERDICT_NO, "skipped": NOTHING_TO_DO}
"""By how a job ended that did not fail."""

LEFT_OPEN = "If its run is open already, the next job of the experiment on this machine closes it as KILLED."
"""What follows the error of a job that is stuck."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the configs, what overrides them, and how the job works."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="config.yaml | key=value",
        help="configs, merged left to right, and overrides",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print how the job ended as one JSON line on a terminal too; a pipe always gets it",
    )
    parser.add_argument(
        "--shard", metavar="I/N", help="work on this share of a table's parts only: job.shard=I/N"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="work on all parts of a table again: job.fresh=true"
    )


def main(options: Namespace) -> int:
    """Run the job; whatever happens, one JSON object ends the output, on a terminal if wanted.

    Raises:
        ConfigError: No config is named.
    """
    from mxt.configs import split

    files, overrides = split(options.words)
    overrides += [f"job.shard={options.shard}"] if options.shard else []
    overrides += ["job.fresh=true"] if options.fresh else []
    if not files:
        raise ConfigError(NO_CONFIG)
    outcome: dict[str, Any] = {"job": None, "outcome": "failed", "exit_code": 1}
    in_json = options.json or not sys.stdout.isatty()
    _work(files, overrides, outcome, lambda code, error: _abandon(outcome, code, error, in_json))
    if in_json:
        print(json.dumps(outcome, default=str), flush=True)
    return int(outcome["exit_code"])


def _abandon(outcome: dict[str, Any], code: int, error: str, in_json: bool) -> None:  # noqa: FBT001 - the reader's wish
    """Say how a job ended that is stuck in code which nothing interrupts; its run stays open."""
    print(error, *([LEFT_OPEN] if outcome["job"] else []), sep="\n", file=sys.stderr, flush=True)
    if in_json:
        print(json.dumps({**outcome, "exit_code": code, "error": error}, default=str), flush=True)


def _work(
    files: list[str], overrides: list[str], outcome: dict[str, Any], report: Callable[[int, str], None]
) -> None:
    """Run the job, and fill in how it ended, as the JSON line says it."""
    try:
        with _guarded(report):
            _run_job(_load(files, overrides), outcome)
    except (MxtError, Stopped) as error:
        code = Stopped.under_way or getattr(error, "code", None)
        if code:  # a library may have lost the stop, and failed later
            outcome |= {"exit_code": code, "error": f"stopped by {signal.Signals(int(code) - 128).name}"}
        elif isinstance(error, MxtError):
            print(error, file=sys.stderr)
            outcome |= {"exit_code": error.exit_code, "error": str(error)}
    except Exception as error:  # noqa: BLE001 - a bug is reported by its frames and exit code 1
        outcome |= {"error": bug(error)}
        print(outcome["error"], file=sys.stderr)


def _guarded(report: Callable[[int, str], None]) -> AbstractContextManager[None]:
    """Let what is stuck end the process, if the job is all that it does."""
    if not base.ALONE:
        return nullcontext()
    from mxt.datasets import last_resort

    return last_resort.armed(report)


def _load(files: list[str], overrides: list[str]) -> Job:
    from mxt import settings
    from mxt.services.alerts import AlertsService

    try:
        return settings.load(files, overrides).job
    except ConfigError as error:
        AlertsService().notify("MXT: the config is wrong", str(error))
        raise


def _run_job(job: Job, outcome: dict[str, Any]) -> None:
    from mxt.jobs.base.screens import screen

    outcome["job"] = type(job).__name__
    with job:
        gc.freeze()  # what the services have loaded stays to the end
        gc.enable()
        context = job.context
        outcome |= {"run_id": context.run.run_id, "tracking_uri": job.mlflow_service.tracking_uri}
        job.run()
    outcome |= {"outcome": context.outcome, "exit_code": EXIT_CODES[context.outcome]}
    outcome |= {"outputs": context.outputs, "facts": context.facts}
    outcome |= {"answer": context.findings.answer, "next": context.findings.next}
    print(screen(job, context), file=sys.stderr)
