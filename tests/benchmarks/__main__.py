"""MXT beside its peers: ``python -m benchmarks FOLDER [SUBJECT ...]``, with ``tests`` on the path.

Without subjects it runs everything and writes the page ``docs/benchmarks.md``; with some it prints just their
cases, with ``parquet`` just the passage from file to file, and with ``job`` just what a job costs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import jobs
from benchmarks.cases import CASES, MXT, Case
from benchmarks.engines import ENGINES
from benchmarks.lines import Line, Passage, deep_glance, details, glance, overheads, passages
from benchmarks.measure import ORACLE, Job, Measurement
from benchmarks.page import load, machine, page
from benchmarks.parquet import ROWS, ROWS_OF_PEER, write_rows

MOST_SECONDS = 120
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main(folder: Path, chosen: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    begun, load_before = machine(), load()
    lines = [line for case in CASES if not chosen or case.subject in chosen for line in compare(folder, case)]
    if lines:
        print(glance(lines), deep_glance(lines), details(lines), sep="\n\n")
    found = passage(folder) if not chosen or "parquet" in chosen else []
    through = by_jobs(folder) if not chosen or "job" in chosen else []
    print(passages(found), overheads(through), sep="\n\n")
    if not chosen:
        PAGE.write_text(page(begun, load_before, lines, found, through))


def compare(folder: Path, case: Case) -> list[Line]:
    """A line for MXT and for each of its peers."""
    _measure(folder, case, ORACLE, 1)
    own = Line(case, MXT, _measure(folder, case, MXT, 1), _second(folder, case, MXT), None)
    peers = [
        Line(case, name, _measure(folder, case, name, 1), _second(folder, case, name), own)
        for name in case.asked
    ]
    return [own, *peers]


def _second(folder: Path, case: Case, name: str) -> Measurement | str | None:
    """With two threads, for engines that use them."""
    return _measure(folder, case, name, 2) if ENGINES[name].parallel else None


def _measure(folder: Path, case: Case, name: str, threads: int) -> Measurement | str:
    """What a process of its own found, or the last line of what it said before it failed."""
    print(f"{case.name}: {name}, {threads} thread(s)", file=sys.stderr, flush=True)
    job = Job(case.subject, name, case.background, case.interactions, threads, case.checked)
    answer = folder / "measurement.json"
    answer.unlink(missing_ok=True)
    failure = _run("benchmarks.measure", folder, json.dumps(asdict(job)), threads)
    if name == ORACLE and failure:
        msg = f"The oracle failed: {failure}"
        raise SystemExit(msg)
    return Measurement(**json.loads(answer.read_text())) if answer.exists() else failure


def passage(folder: Path) -> list[Passage]:
    """A million rows from file to file by MXT, a quarter of them to see memory stay, and fewer by xgboost."""
    write_rows(folder, ROWS)
    found = []
    for engine, rows in ((MXT, ROWS // 4), (MXT, ROWS), ("xgboost", ROWS_OF_PEER)):
        print(f"parquet: {engine}, {rows:,} rows", file=sys.stderr, flush=True)
        failure = _run("benchmarks.parquet", folder, json.dumps([engine, rows]), 1)
        if failure:
            raise SystemExit(failure)
        found.append(Passage(**json.loads((folder / "passage.json").read_text())))
    return found


def by_jobs(folder: Path) -> list[Passage]:
    """The same rows through a job and by hand."""
    jobs.write_rows(folder)
    jobs.register(folder)
    found = []
    for rows in jobs.ROWS:
        for way in jobs.WAYS:
            print(f"job: {way}, {rows:,} rows", file=sys.stderr, flush=True)
            failure = _run("benchmarks.jobs", folder, json.dumps([way, rows]), 1, jobs.MOST_SECONDS)
            if failure:
                raise SystemExit(failure)
            found.append(Passage(**json.loads((folder / "job.json").read_text())))
    return found


def _run(module: str, folder: Path, told: str, threads: int, seconds: int = MOST_SECONDS) -> str:
    """Run a module; the last line of its complaint if it fails, or nothing."""
    limits = {"MXT_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", module, str(folder), told]
    try:
        done = subprocess.run(
            command,
            env=os.environ | limits,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"stopped after {seconds} s"
    if done.returncode == 0:
        return ""
    return done.stderr.strip().rpartition("\n")[2] or f"ended with {done.returncode}"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
