"""Run shap's own tests of its TreeExplainer, first against shap and then against MXT's drop-in.

    python tests/benchmarks/shap_tests.py FOLDER [pytest options]

FOLDER is an unpacked source distribution of the installed version of shap, of which
`tests/explainers/test_tree.py` runs. It is not part of MXT: fetch it with
``pip download --no-binary shap --no-deps shap==VERSION``.
Data sets that shap fetches are drawn instead, in the same columns, for both runs alike.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DROP_IN = "MXT_DROP_IN"
TESTS = "tests/explainers/test_tree.py"
OPTIONS = (
    *("-p", "shap_tests", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull),
    *("--import-mode=importlib", "-m", "not xslow", "--random-seed", "0", "-rA", "--tb=line", "-q"),
)
"""As shap runs them: without those of its mark `xslow`, one of which takes 20 GB."""
CALIFORNIA = (
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
)
ADULT = (
    *("Age", "Workclass", "Education-Num", "Marital Status", "Occupation", "Relationship"),
    *("Race", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
)


def pytest_configure() -> None:
    """Put the drop-in and the stand-ins in their places, in the process that runs shap's tests."""
    import shap

    if os.environ.get(DROP_IN):
        from mxt.explainers import TreeExplainer

        shap.TreeExplainer = shap.explainers.TreeExplainer = shap.explainers.Tree = TreeExplainer
    if os.environ.get("MXT_STAND_INS", "1") == "1":
        shap.datasets.california, shap.datasets.adult = california, adult
        shap.datasets.rank = rank


def california(n_points: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers in the columns of the California housing table."""
    chance = np.random.default_rng(0)
    table = pd.DataFrame(chance.gamma(2, 2, (n_points or 20640, 8)), columns=list(CALIFORNIA))
    table[["Latitude", "Longitude"]] = chance.uniform([32.5, -124.4], [42, -114.3], (len(table), 2))
    noise = chance.normal(0, 0.3, len(table))
    return table, (
        0.4 * table["MedInc"] + np.sin(table["Latitude"]) * table["AveOccup"] / 5 + noise
    ).to_numpy()


def adult(display: bool = False, n_points: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:  # noqa: FBT001, FBT002, ARG001 - shap's own signature
    """Codes and numbers in the columns of the census income table."""
    chance = np.random.default_rng(1)
    rows = n_points or 32561
    table = pd.DataFrame(chance.integers(0, 12, (rows, 12)), columns=list(ADULT)).astype("float32")
    table[["Workclass", "Marital Status", "Occupation"]] = table[
        ["Workclass", "Marital Status", "Occupation"]
    ].astype("int32")
    table["Age"] = chance.integers(17, 90, rows).astype("float32")
    score = table["Age"] / 20 + table["Education-Num"] / 3 + chance.normal(0, 1, rows)
    return table, (score > score.quantile(0.76)).to_numpy()


def rank() -> tuple[np.ndarray, ...]:
    """Queries with 20 documents each."""
    chance = np.random.default_rng(2)
    parts: list[Any] = []
    for queries in (150, 40):
        table = chance.uniform(size=(queries * 20, 300)).astype("float32")
        parts.append((table, (table[:, 0] * 3 + table[:, 1]).astype(int), np.full(queries, 20)))
    (x_train, y_train, q_train), (x_test, y_test, q_test) = parts
    return x_train, y_train, x_test, y_test, q_train, q_test


def run(folder: Path, options: list[str], *, drop_in: bool) -> dict[str, str]:
    """What became of each test, by its name."""
    here = str(Path(__file__).parent)
    told = {**os.environ, DROP_IN: "1" if drop_in else "", "MPLBACKEND": "Agg"}
    told["PYTHONPATH"] = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-P", "-m", "pytest", *OPTIONS, "--rootdir", str(folder), TESTS, *options]
    ended = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S+?::(\S+)(.*)$", ended.stdout, re.MULTILINE)
    if not found:
        sys.exit(ended.stdout[-2000:] + ended.stderr[-2000:])
    return {name: f"{outcome}{why}" for outcome, name, why in found}


def main() -> None:
    """Tell how many tests pass with each, and which pass with shap only."""
    folder, options = Path(sys.argv[1]).resolve(), sys.argv[2:]
    theirs, ours = (run(folder, options, drop_in=drop_in) for drop_in in (False, True))
    passed = [{name for name, outcome in each.items() if outcome == "PASSED"} for each in (theirs, ours)]
    print(f"shap itself passes {len(passed[0])} of {len(theirs)} tests, MXT's drop-in {len(passed[1])}.")  # noqa: T201 - what the script is for
    for title, names in (("shap only", passed[0] - passed[1]), ("MXT only", passed[1] - passed[0])):
        for name in sorted(names):
            print(f"{title}: {name}{(ours if title == 'shap only' else theirs)[name]}")  # noqa: T201 - as above
    for name in sorted({*ours} - passed[0] - passed[1]):
        print(f"neither: {name}{ours[name]}")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
