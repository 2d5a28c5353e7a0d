"""MXT keeps its lead over shap's C extension, by CPU time in one process.

A benchmark that is run by name (`just bench-micro`) and no part of the tests: leads depend on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import shap
import xgboost as xgb

from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.library import predictor_of

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

COLUMNS = 12
DEPTH, GREAT_DEPTH = 6, 14
KEPT_SHARE = 0.7
REPETITIONS = 5
ROUNDS = 4
LEADS = {
    ("along paths", "avx512"): 82.0,
    ("along paths", "avx2"): 38.5,
    ("along paths", "portable"): 4.5,
    ("against a background", "avx512"): 1130.0,
    ("against a background", "avx2"): 740.0,
    ("against a background", "portable"): 200.0,
    ("deep, against a background", "avx512"): 165.0,
}
"""MXT's rows a CPU second over shap's, by vector unit, on an AMD EPYC; the same with shap 0.51 and 0.54.

On other processors the leads are others, so that a lead counts there only beside one measured before.
"""


@cache
def booster(depth: int) -> xgb.Booster:
    rows = table(4_000 if depth <= DEPTH else 20_000)
    labels = rows[:, 0] * rows[:, 1] + rows[:, 2] > 0
    if depth > DEPTH:  # some labels drawn at random make large trees
        labels ^= np.random.default_rng(1).random(len(labels)) < 0.2
    options = {"objective": "binary:logistic", "max_depth": depth, "nthread": 1}
    return xgb.train(options, xgb.DMatrix(rows, labels), 60 if depth <= DEPTH else 20)


def table(rows: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, COLUMNS)).astype(np.float32)


def cpu_seconds(explain: Callable[[np.ndarray], Any], rows: np.ndarray) -> float:
    """For each row, in the quickest repetition."""
    found = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        explain(rows)
        found.append(time.process_time() - start)
    return min(found) / len(rows)


def extension(model: xgb.Booster, background: np.ndarray | None) -> Callable[[np.ndarray], Any]:
    """The C extension, which shap would leave for xgboost's own."""
    method = "tree_path_dependent" if background is None else "interventional"
    explainer = shap.TreeExplainer(model, background, feature_perturbation=method)
    explainer.model.model_type = "internal"
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


@pytest.mark.parametrize("against", ["along paths", "against a background", "deep, against a background"])
def test_the_lead_over_shap_has_not_fallen_by_more_than_30_percent(
    against: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mxt.explainers.base.kernels import _kernels

    unit = _kernels.vector_units()[0]
    if (against, unit) not in LEADS:
        pytest.skip(f"no lead was measured with the vector unit {unit}")
    monkeypatch.setenv("MXT_NUM_THREADS", "1")
    background = None if against == "along paths" else table(100)
    model = booster(GREAT_DEPTH if against.startswith("deep") else DEPTH)
    trees = predictor_of(model, [f"x{place}" for place in range(COLUMNS)], [0, 1]).trees
    assert trees is not None
    ours, theirs = Engine(trees, background=background).values, extension(model, background)
    few, many = table(100), table(12_000)
    assert np.abs(ours(few)[:, :, 0] - theirs(few)).max() < 1e-6  # both did the work

    ours_seconds = theirs_seconds = float("inf")
    for _ in range(ROUNDS):  # another program may take the machine for a while: the quickest of each counts
        ours_seconds = min(ours_seconds, cpu_seconds(ours, many))
        theirs_seconds = min(theirs_seconds, cpu_seconds(theirs, few))
        lead = theirs_seconds / ours_seconds
        if lead >= KEPT_SHARE * LEADS[against, unit]:
            return
    pytest.fail(f"MXT was {lead:.0f} times as fast as shap; it used to be {LEADS[against, unit]:.0f}.")
