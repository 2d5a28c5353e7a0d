"""Which process a run belongs to, and runs that the end of their process left open."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PROCESS_TAG = "mxt.process"
"""Tag of a run: the machine, its boot, the process's namespace, its number and when it started."""
STOPPED_TAG = "mxt.stopped"
"""Tag of a run that was closed by a later job: why."""
ABANDONED = timedelta(days=7)
"""Age at which an open run of another machine counts as left open; a process that lives closes it as well."""

_PARTS = 6
_UNKNOWN = "-"
_STATE, _STARTED = 0, 19
"""Places in /proc/PID/stat after the name of the program."""


def this_process() -> str:
    """The present process in the form that `lives` reads."""
    return " ".join((*_here(), str(os.getpid()), _started(os.getpid()) or _UNKNOWN))


def lives(process: str) -> bool | None:
    """Whether a process still runs; None if nobody on this machine can know.

    Args:
        process: As `this_process` describes it; empty if it is unknown.
    """
    parts = process.split(" ")
    if len(parts) != _PARTS:
        return None
    *machine, boot, space, pid, started = parts
    *machine_here, boot_here, space_here = _here()
    if boot != boot_here or boot == _UNKNOWN:
        if machine != machine_here:
            return None
        if boot != boot_here:
            return None if _UNKNOWN in machine else False  # this machine was started anew since then
    if space != space_here or os.name != "posix":
        return None
    return _started(int(pid)) in {started, _UNKNOWN}


def under_way(run: Run, since: datetime | None = None, longest: timedelta = ABANDONED) -> bool:
    """Whether the process of a run is still at work on it, as far as anybody on this machine can know.

    Args:
        run: The run.
        since: When the process was last heard of; when the run began if left out.
        longest: For how long after that the process of another machine counts as living.
    """
    if run.info.status != "RUNNING":
        return False
    alive = lives(run.data.tags.get(PROCESS_TAG, ""))
    if alive is not None:
        return alive
    since = since or datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    return datetime.now(UTC) - since < longest


def left_open(client: MlflowClient, experiment_id: str) -> list[Run]:
    """The open runs of an experiment whose process is gone.

    Runs of earlier releases, which do not record their process, stay as they are.
    """
    query = f"attributes.status = 'RUNNING' AND tags.`{PROCESS_TAG}` != ''"
    gone = [run for run in client.search_runs([experiment_id], query) if not under_way(run)]
    # A process may have closed its run and ended after the search.
    return [run for run in gone if client.get_run(run.info.run_id).info.status == "RUNNING"]


def close(client: MlflowClient, run: Run) -> None:
    """Close a run that its process left open, with the model that it was about to store, and say so."""
    run_id, name = run.info.run_id, run.info.run_name
    client.set_tag(run_id, STOPPED_TAG, "its process ended without closing it")
    for model in client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run_id}'"):
        if str(model.status) == "PENDING":
            client.finalize_logged_model(model.model_id, "FAILED")
    client.set_terminated(run_id, "KILLED")
    logger.warning("run {} ({}) was left open by a process that is gone; it is KILLED now", run_id, name)


def _here() -> tuple[str, str, str, str]:
    """Name and id of this machine, its boot, and the namespace in which processes have their numbers."""
    space = _UNKNOWN
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    name = socket.gethostname().replace(" ", "_") or _UNKNOWN
    return name, _text("/etc/machine-id"), _text("/proc/sys/kernel/random/boot_id"), space


def _text(path: str) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return Path(path).read_text(encoding="ascii").strip() or _UNKNOWN
    return _UNKNOWN


def _started(pid: int) -> str:
    """When a process started, in the machine's ticks; `_UNKNOWN` if it runs, and empty if it does not."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = text.rpartition(")")[2].split()
        return "" if fields[_STATE] in {"Z", "X"} else fields[_STARTED]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:  # another user's process, which /proc may hide
        return _UNKNOWN
    return _UNKNOWN
