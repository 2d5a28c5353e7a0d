"""Signals a job at a place in its work instead of a moment; Python loads this when it starts (see halting).

An audit hook sees each file that is renamed or opened before it is. Processes that the job starts
load this too, and signal the job.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


class Watch:
    """Looks at the files whenever one is about to be renamed or opened."""

    def __init__(self, order: dict[str, Any], job: int) -> None:
        self.order = order
        self.job = job
        self.looking = False

    def __call__(self, event: str, _words: tuple[object, ...]) -> None:
        """Signal the job, once among all of its processes, if it is due."""
        if self.looking or event not in {"os.rename", "open"}:
            return
        self.looking = True
        try:
            if self._due(event):
                os.close(os.open(self.order["once"], os.O_CREAT | os.O_EXCL))
                os.kill(self.job, self.order["signal"])
        except FileExistsError:
            pass
        finally:
            self.looking = False

    def _due(self, event: str) -> bool:
        path = Path(self.order["path"])
        if "inode" in self.order:
            return path.stat().st_ino != self.order["inode"]
        return event == "os.rename" and len(list(path.glob("*.json"))) >= self.order["parts"]


if "HALT" in os.environ:
    os.environ.setdefault("HALTED_JOB", str(os.getpid()))
    sys.addaudithook(Watch(json.loads(os.environ["HALT"]), int(os.environ["HALTED_JOB"])))
