"""Whether MXT is ever slower than shap against a background: ``just bench-random [MODELS] [SECONDS]``.

Models, tables, backgrounds and rows are drawn at random. Counted are those that shap's C extension accepts
and takes 10 ms of CPU time or more for; rows are chosen so that it ends within so many seconds. The ten on
which MXT is least ahead are printed, and the others are counted by why they are left out. It fails if MXT is
slower.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

COUNTED_SECONDS = 0.01
FIT_ROWS = 5_000


@dataclass(frozen=True)
class Drawn:
    """A model to explain, and how."""

    library: str
    trees: int
    depth: int
    columns: int
    background: int
    classes: int
    """1 for a number."""
    gaps: bool
    categories: bool
    rows: int

    @classmethod
    def at(cls, seed: int) -> Drawn:
        rng = np.random.default_rng(seed)
        library = str(rng.choice(["xgboost", "LightGBM", "random forest", "extra trees"]))
        return cls(
            library=library,
            trees=_spread(rng, 1, 1000),
            depth=int(rng.integers(1, 26)),
            columns=_spread(rng, 2, 300),
            background=_spread(rng, 1, 10_000),
            classes=int(rng.choice([1, 2, 2, 3, 5])),
            gaps=bool(rng.random() < 0.4),
            categories=library == "LightGBM" and bool(rng.random() < 0.3),
            rows=int(rng.choice([1, 10, 100, 1000, 2000])),
        )

    def told(self) -> str:
        kind = "a number" if self.classes == 1 else f"{self.classes} classes"
        extras = ", gaps" * self.gaps + ", categories" * self.categories
        return (
            f"{self.library}, {self.trees} trees of depth {self.depth}, {self.columns} columns, "
            f"{kind}{extras}, background {self.background:,}"
        )


@dataclass(frozen=True)
class Found:
    """CPU seconds for the same rows."""

    drawn: Drawn
    rows: int
    shap: float
    first: float
    """MXT's, with its plan."""
    again: float

    @property
    def lead(self) -> float:
        return self.shap / self.again


def _spread(rng: np.random.Generator, least: int, most: int) -> int:
    """As often in each power of ten."""
    return int(np.exp(rng.uniform(np.log(least), np.log(most + 1))))


def table(drawn: Drawn, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit, then those of the background, then those to explain; and their labels."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(FIT_ROWS + drawn.background + drawn.rows, drawn.columns)).astype(np.float32)
    scores = rows @ (rng.normal(size=drawn.columns) * (rng.random(drawn.columns) < 0.3))
    scores = scores + np.sign(rows[:, 0] * rows[:, -1]) + rng.normal(size=len(rows)) / 2
    if drawn.gaps:
        rows[rng.random(rows.shape) < 0.1] = np.nan
    if drawn.categories:
        rows[:, 0] = rng.integers(8, size=len(rows))
    if drawn.classes == 1:
        return rows, scores
    return rows, np.digitize(scores, np.quantile(scores, np.arange(1, drawn.classes) / drawn.classes))


def fitted(drawn: Drawn, rows: np.ndarray, labels: np.ndarray) -> Any:
    """Of several classes, boosting has a tree for each in every round."""
    rounds = max(1, drawn.trees // (drawn.classes if drawn.classes > 2 else 1))
    if drawn.library == "xgboost":
        import xgboost as xgb

        objective = {1: "reg:squarederror", 2: "binary:logistic"}.get(drawn.classes, "multi:softprob")
        options = {"objective": objective, "max_depth": drawn.depth, "nthread": 1}
        options |= {"num_class": drawn.classes} if drawn.classes > 2 else {}
        return xgb.train(options, xgb.DMatrix(rows, labels), rounds)
    if drawn.library == "LightGBM":
        import lightgbm as lgb

        objective = {1: "regression", 2: "binary"}.get(drawn.classes, "multiclass")
        leaves = {"max_depth": drawn.depth, "num_leaves": 2 ** min(drawn.depth, 10)}
        options = {"objective": objective, "num_class": drawn.classes if drawn.classes > 2 else 1}
        options |= {"num_threads": 1, "verbose": -1}
        known = lgb.Dataset(rows, labels, categorical_feature=[0] if drawn.categories else [])
        return lgb.train(options | leaves, known, rounds)
    from sklearn import ensemble

    name = "RandomForest" if drawn.library == "random forest" else "ExtraTrees"
    kind = getattr(ensemble, name + ("Regressor" if drawn.classes == 1 else "Classifier"))
    return kind(min(drawn.trees, 300), max_depth=drawn.depth, random_state=0).fit(rows, labels)


def compare(seed: int, seconds: float) -> Found | str:
    """Both on the same rows; or why the model is left out."""
    import shap

    from mxt.explainers.base.kernels.engine import Engine
    from mxt.predictors.base.library import predictor_of

    drawn = Drawn.at(seed)
    rows, labels = table(drawn, seed)
    model = fitted(drawn, rows[:FIT_ROWS], labels[:FIT_ROWS])
    known, asked = rows[FIT_ROWS : FIT_ROWS + drawn.background], rows[FIT_ROWS + drawn.background :]
    masker = shap.maskers.Independent(known, max_samples=len(known))
    try:
        explainer = shap.TreeExplainer(model, masker, feature_perturbation="interventional")
        explainer.model.model_type = "internal"
        alone = cpu_seconds(lambda: explainer.shap_values(asked[:1], check_additivity=False))
    except Exception as error:  # noqa: BLE001 - whatever shap refuses it by
        return f"shap refuses it ({type(error).__name__})"
    if alone > seconds:
        return f"shap takes more than {seconds:.0f} s for one row"
    asked = asked[: max(1, int(seconds / max(alone, 1e-6)))]
    theirs = cpu_seconds(lambda: explainer.shap_values(asked, check_additivity=False))
    if theirs < COUNTED_SECONDS:
        return f"shap takes less than {1000 * COUNTED_SECONDS:.0f} ms"
    names = [f"x{place}" for place in range(drawn.columns)]
    trees = predictor_of(model, names, list(range(max(drawn.classes, 2)))).trees
    if trees is None:
        return "MXT reads no trees of it"
    start = time.process_time()
    engine = Engine(trees, background=known)
    engine.values(asked)
    first = time.process_time() - start
    again = cpu_seconds(lambda: engine.values(asked))
    return Found(drawn, len(asked), theirs, first, again)


def cpu_seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main(models: int, seconds: float) -> None:
    warnings.filterwarnings("ignore")
    os.environ["MXT_NUM_THREADS"] = "1"
    answers = []
    for seed in range(models):
        answers.append(compare(seed, seconds))
        print(seed, answers[-1], file=sys.stderr, flush=True)
    found = sorted((one for one in answers if isinstance(one, Found)), key=lambda one: one.lead)
    print(f"{len(found)} models counted; MXT is least ahead on:")
    for one in found[:10]:
        print(
            f"{one.lead:8.1f}x  shap {one.shap:.3f} s, MXT {one.again:.3f} s, at first {one.first:.3f} s, "
            f"{one.rows:,} rows: {one.drawn.told()}"
        )
    for reason, count in Counter(one for one in answers if isinstance(one, str)).items():
        print(f"{count} left out: {reason}")
    if found and found[0].lead < 1:
        raise SystemExit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, float(sys.argv[2]) if len(sys.argv) > 2 else 60)
