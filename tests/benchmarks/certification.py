"""Certifying the churn model beside scikit-learn's calls: ``python -m benchmarks.certification FOLDER``.

10,000 customers of the shipped process, 5 x 5 folds, 1,000 permutations and 2,000 resamples, on two cores.
The peer is what one writes without MXT: `cross_val_score`, `permutation_test_score` and a loop of
`accuracy_score` over resamples, with the same recipe as a scikit-learn estimator. With a number of
permutations as a second word the peer does only so many, and its seconds are scaled to 1,000; the third word
``calibrated`` gives both the calibration of the shipped recipe, which costs five more fits each.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

ROWS, PERMUTATIONS, FOLDS, REPEATS, RESAMPLES, WORKERS = 10_000, 1_000, 5, 5, 2_000, 2
CHURN = Path(__file__).parents[2] / "data" / "make_churn.py"
RECIPE = {"KIND": "XgboostRecipe", "trees": 200, "depth": 3, "learning_rate": 0.05}
ACCURACY = {"KIND": "SklearnMetric", "name": "accuracy"}


def main(folder: Path, permutations: int, calibration: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = customers(folder)
    recipe = {**RECIPE, "calibration": calibration}
    own, facts = by_mxt(folder, recipe)
    found = by_sklearn(table, calibration, permutations)
    scaled = {**found, "permutation": found["permutation"] * PERMUTATIONS / permutations}
    print(f"MXT: {own:.1f} s  {facts}")
    print(f"scikit-learn: {sum(scaled.values()):.1f} s  {scaled} ({permutations} permutations were done)")
    print(f"MXT is {sum(scaled.values()) / own:.1f} times as fast")


def customers(folder: Path) -> Path:
    """The table of the shipped process, longer."""
    spec = importlib.util.spec_from_file_location("make_churn", CHURN)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(CHURN)
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    file = folder / "churn.csv"
    file.write_bytes(make.csv_bytes(make.CHURN._replace(rows=ROWS)))
    return file


def by_mxt(folder: Path, recipe: dict[str, Any]) -> tuple[float, dict[str, str]]:
    """Seconds of a CertificationJob from start to end, and what it found."""
    from mxt.settings import Settings

    service = {
        "tracking_uri": f"sqlite:///{folder / 'mlflow.db'}",
        "registry_name": "churn",
        "experiment_name": "churn",
    }
    reader = {
        "KIND": "CsvReader",
        "path": str(folder / "churn.csv"),
        "id_column": "customerID",
        "missing": [" "],
    }
    training = {
        "KIND": "TrainingJob",
        "inputs": reader,
        "target": "Churn",
        "recipe": recipe,
        "alias": "Challenger",
    }
    criteria = [
        {"KIND": "CrossValidationCriterion", "folds": FOLDS, "repeats": REPEATS},
        {"KIND": "PermutationCriterion", "permutations": PERMUTATIONS},
        {"KIND": "BootstrapCriterion", "resamples": RESAMPLES},
        {"KIND": "LatencyCriterion"},
    ]
    certification = {
        "KIND": "CertificationJob",
        "alias_or_version": "Challenger",
        "criteria": criteria,
        "workers": WORKERS,
    }
    for job in (training, certification):
        begun = time.perf_counter()
        made = Settings.model_validate_json(json.dumps({"job": {**job, "mlflow_service": service}})).job
        with made:
            found = made.run()
    return time.perf_counter() - begun, found["facts"]


def by_sklearn(file: Path, calibration: str | None, permutations: int) -> dict[str, float]:
    """Seconds of each of scikit-learn's calls."""
    import numpy as np
    import pandas as pd
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import (
        RepeatedStratifiedKFold,
        cross_val_score,
        permutation_test_score,
        train_test_split,
    )

    table = pd.read_csv(file, index_col="customerID", na_values=[" "])
    truth = (table.pop("Churn") == "Yes").astype(int)
    inputs = table.astype({name: "category" for name in table.columns if table[name].dtype.kind not in "if"})
    estimator, seconds = _estimator(calibration), {}

    begun = time.perf_counter()
    cuts = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0)
    scores = cross_val_score(estimator, inputs, truth, cv=cuts, scoring="accuracy", n_jobs=WORKERS)
    seconds["cross-validation"] = time.perf_counter() - begun

    begun = time.perf_counter()
    _, _, p = permutation_test_score(
        estimator,
        inputs,
        truth,
        cv=FOLDS,
        scoring="accuracy",
        n_permutations=permutations,
        n_jobs=WORKERS,
        random_state=0,
    )
    seconds["permutation"] = time.perf_counter() - begun

    parts = train_test_split(inputs, truth, test_size=0.2, stratify=truth, random_state=0)
    predicted, held_out = estimator.fit(parts[0], parts[2]).predict(parts[1]), parts[3].to_numpy()
    begun, chance = time.perf_counter(), np.random.default_rng(0)
    rows = (chance.integers(len(held_out), size=len(held_out)) for _ in range(RESAMPLES))
    low = np.quantile([accuracy_score(held_out[drawn], predicted[drawn]) for drawn in rows], 0.025)
    seconds["bootstrap"] = time.perf_counter() - begun
    print(f"scikit-learn: mean {scores.mean():.4f}, deviation {scores.std():.4f}, p {p:.4g}, low {low:.4f}")
    return seconds


def _estimator(calibration: str | None) -> Any:
    import xgboost as xgb
    from sklearn.calibration import CalibratedClassifierCV

    told = {name: RECIPE[name] for name in ("learning_rate",)}
    trees = xgb.XGBClassifier(
        n_estimators=RECIPE["trees"],
        max_depth=RECIPE["depth"],
        tree_method="hist",
        enable_categorical=True,
        n_jobs=1,
        **told,
    )
    return CalibratedClassifierCV(trees, method="sigmoid", cv=5, ensemble=False) if calibration else trees


if __name__ == "__main__":
    words = sys.argv[1:]
    main(
        Path(words[0]).resolve(),
        int(words[1]) if len(words) > 1 else PERMUTATIONS,
        "sigmoid" if "calibrated" in words[2:] else None,
    )
