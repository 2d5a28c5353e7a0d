"""Opens a store from several processes at once; a script, so that the processes are real."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

from mxt.services import MlflowService

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier


def start(uri: str, together: Barrier) -> None:
    """Start the service at the same moment as the others, and say which experiment it has."""
    together.wait()
    service = MlflowService(tracking_uri=uri)
    service.start()
    sys.stdout.write(f"{service.experiment_id}\n")


def main(uri: str, count: int) -> int:
    """The number of processes that failed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mlflow.store.tracking.sqlalchemy_store"])
    together = context.Barrier(count)
    processes = [context.Process(target=start, args=(uri, together)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sum(process.exitcode != 0 for process in processes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
