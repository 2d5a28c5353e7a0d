"""The models of the benchmarks, trained once for each version of their libraries, and rows new to them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

UNSEEN_ROWS = 150_000
BACKGROUND_ROWS = 10_000
DEPTHS = (8, 10, 12, 16)
WIDTHS = (20, 30, 60)
"""Columns."""


@dataclass(frozen=True)
class Subject:
    """A model to explain."""

    name: str
    library: str
    """The distribution that trains it."""
    told: str
    """What it is, for people."""
    columns: int
    rows: int
    """Rows to train on."""
    noise: float
    """Share of the labels that are drawn at random, which makes trees larger."""
    fit: Callable[[np.ndarray, np.ndarray], Any]
    real: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None
    """A table that was measured, not drawn, and its labels."""

    def model(self, folder: Path) -> Any:
        """The fitted model, from `folder` if it is there."""
        file = folder / f"{self.name}-{version(self.library)}.pkl"
        if not file.exists():
            features, labels = self._table()
            part = file.with_suffix(".part")
            part.write_bytes(pickle.dumps(self.fit(features[: self.rows], labels[: self.rows])))
            part.rename(file)
        return pickle.loads(file.read_bytes())  # noqa: S301 - written above

    def unseen(self, folder: Path) -> np.ndarray:
        """Rows that the model was not trained on, float32, shape (rows, columns), read when used."""
        import numpy as np

        file = folder / f"{self.name}.npy"
        if not file.exists():
            np.save(file, self._table()[0][self.rows :])
        return np.load(file, mmap_mode="r")

    def background(self, folder: Path) -> np.ndarray:
        """Rows that it was trained on, float32, shape (rows, columns); at most BACKGROUND_ROWS."""
        import numpy as np

        file = folder / f"{self.name}-background.npy"
        if not file.exists():
            np.save(file, self._table()[0][: min(self.rows, BACKGROUND_ROWS)])
        return np.load(file)

    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np
        from sklearn.datasets import make_classification

        if self.real:
            return self.real()
        features, labels = make_classification(
            self.rows + UNSEEN_ROWS,
            self.columns,
            n_informative=2 * self.columns // 5,
            n_redundant=self.columns // 5,
            class_sep=0.5,
            flip_y=self.noise,
            random_state=0,
        )
        return features.astype(np.float32), labels


def _boosted(trees: int, depth: int) -> Callable[[np.ndarray, np.ndarray], Any]:
    def fit(features: np.ndarray, labels: np.ndarray) -> Any:
        import xgboost as xgb

        options = {"objective": "binary:logistic", "max_depth": depth, "nthread": 1}
        return xgb.train(options, xgb.DMatrix(features, labels), trees)

    return fit


def _forest(features: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(100, random_state=0).fit(features, labels)


def _extra_trees(features: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(100, random_state=0).fit(features, labels)


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of digits, in no order, and whether each is odd."""
    import numpy as np
    from sklearn.datasets import load_digits

    features, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    return features[order].astype(np.float32), labels[order] % 2


def _histograms(features: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=200, early_stopping=False, random_state=0)
    return model.fit(features, labels)


def _lightgbm(features: np.ndarray, labels: np.ndarray) -> Any:
    import lightgbm as lgb

    options = {"objective": "binary", "num_leaves": 64, "max_depth": 6, "num_threads": 1, "verbose": -1}
    return lgb.train(options, lgb.Dataset(features, labels), 300)


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("a", "xgboost", "xgboost, 300 trees of depth 6", 20, 30_000, 0.1, _boosted(300, 6)),
        Subject("b", "xgboost", "xgboost, 500 trees of depth 8", 50, 60_000, 0.2, _boosted(500, 8)),
        Subject("c", "scikit-learn", "random forest, 100 trees of any depth", 20, 20_000, 0.15, _forest),
        Subject("d", "scikit-learn", "histogram gradient boosting, 200 trees", 20, 30_000, 0.1, _histograms),
        Subject("e", "xgboost", "xgboost, 200 trees of depth 12", 20, 60_000, 0.2, _boosted(200, 12)),
        Subject("lgb", "lightgbm", "LightGBM, 300 trees of depth 6", 20, 30_000, 0.1, _lightgbm),
        Subject(
            "extra", "scikit-learn", "extra trees, 100 trees of any depth", 20, 20_000, 0.15, _extra_trees
        ),
        Subject(
            "digits",
            "scikit-learn",
            "random forest on 1,000 images of digits",
            64,
            1_000,
            0,
            _forest,
            _digits,
        ),
        *(
            Subject(
                f"{depth}x{width}",
                "xgboost",
                f"xgboost, 60 trees of depth {depth}",
                width,
                60_000,
                0.2,
                _boosted(60, depth),
            )
            for depth in DEPTHS
            for width in WIDTHS
        ),
    )
}
