"""The command line: arguments, exit codes, the last screen, and the JSON line that says how a job ended."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from mxt.errors import NOTHING_TO_DO, OK, VERDICT_NO, ConfigError, MxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.jobs.base import Job

EPILOG = """\
exit codes:
  0 done, the answer is yes    1 a bug in MXT               2 the config is wrong
  3 the data is wrong          4 the model is wrong         5 a service does not answer
  7 an optional library is absent                           10 done, the answer is no
  99 nothing to do             130, 143 stopped by Ctrl-C, by SIGTERM

examples:
  mxt confs/explanations.yaml
  mxt confs/explanations.yaml confs/production.yaml job.inputs_samples.limit=1000
  mxt --kinds XgboostRecipe
"""

EXIT_CODES = {"passed": OK, "refused": VERDICT_NO, "skipped": NOTHING_TO_DO}
"""By how a job ended that did not fail."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    heard = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    gc.disable()  # until a job runs, objects are made and none is thrown away
    try:
        if options.schema:
            return _print_schema()
        if options.kinds is not None:
            return _print_kinds(options.kinds)
        files = [word for word in options.words if not _is_override(word)]
        overrides = [word for word in options.words if _is_override(word)]
        overrides += [f"job.shard={options.shard}"] if options.shard else []
        overrides += ["job.fresh=true"] if options.fresh else []
        if not files:
            msg = "no config file given; try: mxt confs/explanations.yaml, or mxt --help"
            raise ConfigError(msg)
        if options.check:
            return _check(files, overrides)
        return _run(files, overrides, in_json=options.json or not sys.stdout.isatty())
    except MxtError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader has gone, as in: mxt --kinds | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    finally:
        gc.unfreeze()
        gc.enable()
        for number, before in heard.items():
            signal.signal(number, before)


class _Stopped(SystemExit):
    """Ctrl-C or SIGTERM came; its code is the one that a shell gives."""


def _stop(number: int, _frame: object) -> None:
    """End what runs; further signals do not disturb its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Stopped(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mxt",
        description="Run the job that a YAML config describes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="config.yaml | key=value",
        help="configs, merged left to right, and overrides",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check", action="store_true", help="validate each config on its own, and run nothing"
    )
    action.add_argument("--schema", action="store_true", help="print the JSON Schema of configs")
    action.add_argument(
        "--kinds",
        nargs="?",
        const="",
        metavar="NAME",
        help="list the families of kinds, or show one kind or family",
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
    return parser


def _is_override(word: str) -> bool:
    """Whether a word is key=value; a file's name may hold = behind a slash, as in ./a=b.yaml."""
    return "/" not in word.partition("=")[0] and "=" in word


def _check(files: list[str], overrides: list[str]) -> int:
    from mxt import settings

    faults = []
    for file in files:
        try:
            job = settings.load([file], overrides).job
            print(f"{file}: a valid {type(job).__name__}")
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(faults))
    return OK


def _run(files: list[str], overrides: list[str], *, in_json: bool) -> int:
    """Run a job; whatever happens, the last line on the standard output is one JSON object, if asked for."""
    outcome: dict[str, Any] = {"job": None, "outcome": "failed", "exit_code": 1}
    try:
        _run_job(_load(files, overrides), outcome)
    except MxtError as error:
        print(error, file=sys.stderr)
        outcome |= {"exit_code": error.exit_code, "error": str(error)}
    except _Stopped as stop:
        outcome |= {
            "exit_code": stop.code,
            "error": f"stopped by {signal.Signals(int(stop.code or 0) - 128).name}",
        }
    except Exception as error:  # noqa: BLE001 - a bug is told with its frames and exit code 1
        traceback.print_tb(error.__traceback__)
        bug = f"a bug in MXT: {type(error).__name__} (its text is withheld, since it may quote data)"
        print(bug, file=sys.stderr)
        outcome |= {"error": bug}
    if in_json:
        print(json.dumps(outcome, default=str), flush=True)
    return int(outcome["exit_code"])


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


def _print_schema() -> int:
    from mxt import settings

    print(json.dumps(settings.json_schema(), indent=2), flush=True)
    return OK


def _print_kinds(name: str) -> int:
    from mxt.catalogue import catalogue

    print(catalogue(name), flush=True)
    return OK
