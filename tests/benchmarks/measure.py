"""One engine on one task, in a process of its own: how fast, how exact, how much memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engines import ENGINES, Task, as_array
from benchmarks.models import SUBJECTS
from benchmarks.oracle import expected

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

ORACLE = "oracle"
ENOUGH_SECONDS = 0.6
"""Time that one repetition should take."""
TRIAL_SECONDS = 0.1
"""Time from which a trial tells how many rows that is."""
REPETITIONS = 5
MOST_SECONDS = 12.0
"""Time after which there are no more repetitions."""


@dataclass(frozen=True)
class Job:
    """What one process does; it is told as JSON."""

    subject: str
    engine: str
    background: int
    """Rows to compare with; 0 for path-dependent values."""
    interactions: bool
    threads: int
    checked: int
    """Rows whose values are compared with the oracle's."""

    @property
    def question(self) -> str:
        """What the oracle answers once for all engines."""
        return f"{self.subject}-{self.background}-{'interactions' if self.interactions else 'values'}"


@dataclass(frozen=True)
class Measurement:
    """What it found; seconds are of the repetitions, best first."""

    rows: int
    cpu_seconds: list[float]
    wall_seconds: list[float]
    prepare_seconds: float
    """CPU time that is spent once for a model."""
    error: float
    """Largest distance from the oracle."""
    peak_megabytes: float


def main(folder: Path, told: str) -> None:
    """Do the job, and leave what it found in the file ``measurement.json``."""
    job = Job(**json.loads(told))
    answer = folder / f"{job.question}.npy"
    subject = SUBJECTS[job.subject]
    task = Task(
        subject.model(folder),
        subject.columns,
        subject.background(folder)[: job.background] if job.background else None,
        job.interactions,
        job.threads,
    )
    if job.engine == ORACLE:
        import numpy as np

        np.save(answer, expected(task, np.array(subject.unseen(folder)[: job.checked])))
        return
    found = measure(job, task, subject.unseen(folder), answer)
    (folder / "measurement.json").write_text(json.dumps(asdict(found)))


def measure(job: Job, task: Task, unseen: np.ndarray, answer: Path) -> Measurement:
    """Time the engine on as many rows as make a repetition long enough."""
    import numpy as np

    engine = ENGINES[job.engine]
    start = time.process_time()
    explain = engine.prepare(task)
    prepare_seconds = time.process_time() - start
    values = as_array(explain(np.array(unseen[: job.checked])), task)
    error = float(np.abs(values - np.load(answer)).max())
    rows = engine.rows.get(job.subject) or fair_rows(explain, unseen)
    shown = np.array(unseen[:rows])
    times: list[tuple[float, float]] = []
    while len(times) < REPETITIONS and sum(wall for _, wall in times) < MOST_SECONDS:
        times.append(timed(explain, shown))
    cpu, wall = (sorted(column) for column in zip(*times, strict=True))
    return Measurement(rows, cpu, wall, prepare_seconds, error, peak_megabytes())


def fair_rows(explain: Callable[[np.ndarray], Any], unseen: np.ndarray) -> int:
    """How many rows take long enough."""
    import numpy as np

    rows = 1
    while True:
        explain(np.array(unseen[:rows]))  # what is kept from a first call is not made in the next
        seconds, _ = timed(explain, np.array(unseen[:rows]))
        if seconds >= TRIAL_SECONDS or rows == len(unseen):
            return min(max(int(rows * ENOUGH_SECONDS / seconds), 1), len(unseen))
        rows = min(rows * 6, len(unseen))


def timed(explain: Callable[[np.ndarray], Any], rows: np.ndarray) -> tuple[float, float]:
    """CPU seconds of all threads, and seconds on the clock."""
    wall, cpu = time.perf_counter(), _cpu()
    explain(rows)
    return _cpu() - cpu, time.perf_counter() - wall


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_megabytes() -> float:
    """Of this process; what `getrusage` tells may be its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        told = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(told.split()[1]) / 1000
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
