"""Kills jobs at the calls that they make of MLflow's stores: ``python killing.py FOLDER DISTANCES``.

Each try works on a copy of a project in FOLDER, under one path, since the store names it. A child process,
which has imported everything already, runs a job and is killed with SIGKILL before a call that changes a
store, or before the first call after all of those; then the job runs again, and what the store holds is
compared with what should be true. DISTANCES is JSON: 1 for each job that is killed before every such call, 2
for every second, and so on. The job `A > B` is A, after which B is the next run; `A again` is A on a project
where A was killed at its decisive call before. The standard output gets JSON: for each job its calls, the
number of kills, and what was wrong after which; the standard error says what was wrong at once.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECIPE = {"KIND": "XgboostRecipe", "trees": 2, "depth": 1}
AUC = {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.1}
GATES = [{"KIND": "EvaluationGate"}, {"KIND": "CertificateGate"}]
DECISIVE = {
    "promotion": "log_batch mxt.alias_to",
    "rollback": "set_registered_model_alias",
    "training": "log_batch mxt.model mxt.model_uri mxt.model_version",
    "certification": "set_model_version_tag mxt.certificate_digest",
}
CRITERION = {"KIND": "LatencyCriterion", "maximum_milliseconds": 60_000, "calls": 72}


def jobs() -> dict[str, dict[str, Any]]:
    """The config of each job that is killed, by a name."""
    from runs import CHURN

    rows = {**CHURN, "limit": 400}
    fitted = {"inputs": rows, "target": "Churn", "exclude": ["variant"], "recipe": RECIPE}
    fitted["alias"] = "Challenger"
    promoted = {"reason": "it is better", "requested_by": "Ada", "gates": GATES}
    search = {"KIND": "GridSearch", "values": {"depth": [1, 2]}, "folds": 2}
    return {
        "training": {"KIND": "TrainingJob", **fitted, "version": "2.0.0"},
        "tuning": {"KIND": "TuningJob", **fitted, "search": search, "workers": 1, "version": "2.0.0"},
        "evaluation": {"KIND": "EvaluationsJob", "inputs": rows, "metrics": [AUC], "alias_or_version": 2},
        "explanation": {
            "KIND": "ExplanationsJob",
            "inputs_samples": {**rows, "limit": 40},
            "alias_or_version": 2,
            "models_explanations": {"KIND": "ParquetWriter", "path": "outputs/models.parquet"},
            "samples_explanations": {"KIND": "ParquetWriter", "path": "outputs/samples.parquet"},
        },
        "comparison": {"KIND": "ExplanationDiffJob", "inputs": {**rows, "limit": 40}, "alias_or_version": 2},
        "drift": {
            "KIND": "DriftJob",
            "current": rows,
            "alias_or_version": 2,
            "comparisons": {"KIND": "CsvWriter", "path": "outputs/drift.csv"},
        },
        "certification": {
            "KIND": "CertificationJob",
            "alias_or_version": 2,
            "criteria": [CRITERION],
            "workers": 1,
        },
        "promotion": {"KIND": "PromotionJob", "alias_or_version": 2, **promoted},
        "rollback": {"KIND": "PromotionJob", "alias": "Kept", "rollback": True, **promoted},
        "history": {"KIND": "HistoryJob", "alias": "Champion"},
        "experiment": {
            "KIND": "ABTestJob",
            "inputs": rows,
            "variant": {"column": "variant", "control": "A", "treatment": "B"},
            "endpoints": [
                {"KIND": "MeanEndpoint", "column": "tenure", "margin": 60.0, "higher_is_better": True}
            ],
        },
        "inference": {
            "KIND": "InferenceJob",
            "inputs": rows,
            "outputs": {"KIND": "ParquetWriter", "path": "outputs/scores.parquet"},
        },
    }


def main(folder: Path, distances: dict[str, int]) -> None:
    import blank

    importlib.import_module("mlflow.xgboost")  # in this process, so that all others have it
    blank.keep_at(folder)
    root, before = folder / "project", folder / "before"
    fault = _forked(lambda: _prepare(root))
    if fault is not None:
        sys.exit(f"the project cannot be made: {fault}")
    shutil.copytree(root, before)
    modules = _forked(lambda: _modules(root, distances))
    if not isinstance(modules, list):
        sys.exit(f"a job cannot run: {modules}")
    for module in modules:
        with suppress(ImportError):  # a module that a library has made up
            importlib.import_module(module)
    found = {name: _swept(root, before, name, distance) for name, distance in distances.items()}
    sys.stdout.write(json.dumps(found) + "\n")


def _modules(root: Path, names: Iterable[str]) -> list[str]:
    """What the jobs import; nobody opens a store at an import, whose connection would outlive a fork."""
    for number, name in enumerate({name.split(" ")[0] for name in names}):
        _run(root, name, **({"version": f"3.0.{number}"} if "version" in jobs()[name] else {}))
    return sorted(sys.modules)


def _prepare(root: Path) -> object:
    """Two versions that are evaluated and certified; Champion stands for the first, Kept for the second."""
    from runs import run

    known = jobs()
    first = {**known["training"], "version": "1.0.0"}
    second = {**known["training"], "version": "1.1.0", "recipe": {**RECIPE, "trees": 3}}
    promotion = {**known["promotion"], "allow_first": True}
    steps = [first, second]
    for version in (1, 2):
        steps += [{**known[name], "alias_or_version": version} for name in ("evaluation", "certification")]
        steps += [{**promotion, "alias": "Kept", "alias_or_version": version}]
    for step in [*steps, {**promotion, "alias_or_version": 1}]:
        fields = dict(step)
        if not run(root, fields.pop("KIND"), **fields)["passed"]:
            return step["KIND"]
    return None


def _swept(root: Path, before: Path, name: str, distance: int) -> dict[str, object]:
    """The calls of a job, and what was wrong after a kill before each call whose turn it is."""
    killed, _, following = name.partition(" > ")
    if killed.endswith(" again"):
        before = _left_by(root, before, killed.removesuffix(" again"))
    killed = killed.removesuffix(" again")
    _restore(root, before)
    calls = _forked(lambda: _calls(root, killed))
    if not isinstance(calls, list):
        return {"calls": [], "kills": 0, "faults": {"": [f"it cannot run: {calls}"]}}
    faults, kills = {}, 0
    for place in _places(calls)[distance // 2 :: distance]:
        _restore(root, before)
        kills += 1
        ended, left = _killed(lambda place=place: _kill(root, killed, place))  # type: ignore[misc] # a default
        wrong = [] if ended == -signal.SIGKILL else [f"it was not killed ({ended})"]
        wrong += [f"{left} processes live on"] if left else []
        said = _forked(lambda: _faults(root, following or killed))
        wrong += said if isinstance(said, list) else [f"the next run does not end well: {said}"]
        if wrong:
            faults[f"{place} {calls[place]}"] = wrong
            sys.stderr.write(f"{name}, killed before call {place}, {calls[place]}: {wrong}\n")
    seconds = sum(os.times()[:4])
    sys.stderr.write(f"{name}: {kills} kills, {len(faults)} with faults, {seconds:.0f} CPU seconds so far\n")
    return {"calls": calls, "kills": kills, "faults": faults}


def _places(calls: list[str]) -> list[int]:
    """The places of the calls that change a store, and of the first call after the last of them, if any."""
    from recorder import changes

    places = [place for place, call in enumerate(calls) if changes(call)]
    return [*places, *range(places[-1] + 1, len(calls))[:1]]


def _left_by(root: Path, before: Path, name: str) -> Path:
    """A project in which a job was killed before the call that would have confirmed what it did."""
    left = before.with_name(f"left by {name}")
    _restore(root, before)
    calls = _forked(lambda: _calls(root, name))
    assert isinstance(calls, list)
    _restore(root, before)
    _killed(lambda: _kill(root, name, calls.index(DECISIVE[name])))
    shutil.copytree(root, left)
    return left


def _restore(root: Path, before: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(before, root)


def _run(root: Path, name: str, **others: object) -> dict[str, Any]:
    from runs import run

    fields = {**jobs()[name], **others}
    return run(root, fields.pop("KIND"), **fields)


def _calls(root: Path, name: str) -> list[str]:
    """The calls that a job makes of the stores."""
    from recorder import Recorder

    calls: list[str] = []
    Recorder(calls.append).watch()
    _run(root, name)
    return calls


def _kill(root: Path, name: str, place: int) -> None:
    """Run a job, and kill this process before a call."""
    from recorder import Recorder

    count = 0

    def before(_: str) -> None:
        nonlocal count
        if count == place:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    Recorder(before).watch()
    _run(root, name)


def _faults(root: Path, name: str) -> list[str]:
    """What is wrong after the next run of a job."""
    from standing import faults

    result = _run(root, name)
    return faults(root, name, result) if result["passed"] else [f"the next run is refused: {result['facts']}"]


def _forked(work: Callable[[], object]) -> object:
    """What the work returns in a process of its own, or why it did not."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with suppress(BaseException):
            try:
                answer = work()
            except Exception as error:  # noqa: BLE001 - the parent reports whatever went wrong
                answer = f"{type(error).__name__}: {error}"
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(process, 0)
    return json.loads(text) if text else "it ended without an answer"


def _killed(work: Callable[[], None]) -> tuple[int, int]:
    """How a process of its own ended, and how many of its processes live 5 s later."""
    process = os.fork()
    if not process:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with suppress(BaseException):
            work()
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    deadline = time.monotonic() + 5
    while (left := _session(process)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return ended, left


def _session(leader: int) -> int:
    """How many processes of a session live."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            count += fields[3] == str(leader) and fields[0] not in {"Z", "X"}
    return count


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
