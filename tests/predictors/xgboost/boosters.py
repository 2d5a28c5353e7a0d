"""Boosters of a table with gaps and categories, for the tests of all that reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from mxt.predictors.xgboost import XgboostPredictor
from predictors.walk import walk

NUMBERS = ["a", "b", "c", "d"]


LETTERS = list("pqrstuvwxyz")


def table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, and categories of texts and of numbers, the former with gaps."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, 4))
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    letters = random.choice(LETTERS, rows).astype(object)
    letters[random.random(rows) < 0.1] = None
    found = pd.DataFrame(numbers, columns=NUMBERS)
    found.insert(1, "letter", pd.Series(pd.Categorical(letters, categories=LETTERS)))
    return found.assign(size=pd.Categorical(random.choice([3, 7, 11], rows), categories=[3, 7, 11]))


def signal(inputs: pd.DataFrame) -> np.ndarray:
    codes = inputs["letter"].cat.codes.to_numpy()
    return inputs["a"].fillna(1).to_numpy() + codes % 3 + inputs["size"].cat.codes.to_numpy()


def boosted(parameters: dict[str, Any], rounds: int = 8, names: list[str] | None = None) -> XgboostPredictor:
    """A booster of the table, whose target fits the objective."""
    inputs = table()
    raw = signal(inputs)
    targets = {
        "multi": np.clip(raw.round(), 0, 2),
        "binary": (raw > 2).astype(int),
        "rank": (raw > 2).astype(int),
        "several": np.column_stack([raw, -raw]),
        "positive": np.exp(raw / 4),
    }
    told = dict(parameters)
    target = targets.get(told.pop("target", told.get("objective", "").partition(":")[0]), raw)
    matrix = xgb.DMatrix(inputs[names or [*map(str, inputs.columns)]], target, enable_categorical=True)
    if told.get("objective", "").startswith("rank"):
        matrix.set_group([100] * 3)
    if told.get("objective") == "survival:aft":
        matrix.set_float_info("label_lower_bound", target)
        matrix.set_float_info("label_upper_bound", target + 1)
    booster = xgb.train({"max_depth": 4, "tree_method": "hist", "nthread": 1, **told}, matrix, rounds)
    return XgboostPredictor(booster, [], [])


def own_margins(predictor: XgboostPredictor, inputs: pd.DataFrame) -> np.ndarray:
    """By xgboost's own reading of the table, shape (rows, outputs)."""
    matrix = xgb.DMatrix(inputs[predictor.columns], enable_categorical=True)
    return predictor.core.predict(matrix, output_margin=True).reshape(len(inputs), -1)


def close(predictor: XgboostPredictor, inputs: pd.DataFrame, expected: np.ndarray) -> None:
    trees = predictor.trees
    assert trees is not None
    assert trees.values.shape[1] == len(predictor.outputs) == expected.shape[1]
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(walk(trees, predictor.encode(inputs)), expected, rtol=0, atol=2e-6 * scale)
    np.testing.assert_allclose(predictor.scores(inputs).values, expected, rtol=0, atol=1e-6 * scale)


KNOWS_EXPECTILES = tuple(map(int, xgb.__version__.split(".")[:2])) >= (3, 3)


EXPECTILES: dict[str, dict[str, Any]] = {
    "expectile": {"objective": "reg:expectileerror", "expectile_alpha": 0.3},
    "expectiles": {"objective": "reg:expectileerror", "expectile_alpha": [0.1, 0.5, 0.9]},
    "expectiles, base": {
        "objective": "reg:expectileerror",
        "expectile_alpha": [0.1, 0.5, 0.9],
        "base_score": [2.5, 2.5, 1003.0],
    },
}


MODELS: dict[str, dict[str, Any]] = {
    "squared": {},
    "squared, base": {"base_score": 2.5},
    "squared log": {"objective": "reg:squaredlogerror", "target": "positive"},
    "huber": {"objective": "reg:pseudohubererror"},
    "absolute": {"objective": "reg:absoluteerror"},
    **(EXPECTILES if KNOWS_EXPECTILES else {}),
    "quantiles": {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]},
    "poisson": {"objective": "count:poisson", "target": "positive"},
    "poisson, base": {"objective": "count:poisson", "target": "positive", "base_score": 2.5},
    "gamma": {"objective": "reg:gamma", "target": "positive"},
    "tweedie": {"objective": "reg:tweedie", "target": "positive", "base_score": 0.7},
    "cox": {"objective": "survival:cox", "target": "positive"},
    "aft": {"objective": "survival:aft", "target": "positive"},
    "logistic": {"objective": "binary:logistic"},
    "logistic, base": {"objective": "binary:logistic", "base_score": 0.3},
    "logistic regression": {"objective": "reg:logistic", "target": "binary"},
    "raw logistic": {"objective": "binary:logitraw"},
    "raw logistic, base": {"objective": "binary:logitraw", "base_score": 0.3},
    "hinge": {"objective": "binary:hinge"},
    "ranks": {"objective": "rank:ndcg"},
    "pairs": {"objective": "rank:pairwise"},
    "three classes": {"objective": "multi:softprob", "num_class": 3},
    "labels of three classes": {"objective": "multi:softmax", "num_class": 3},
    "two classes, two margins": {"objective": "multi:softprob", "num_class": 2, "target": "binary"},
    "forests": {"num_parallel_tree": 3, "subsample": 0.5, "colsample_bynode": 0.7},
    "forests of classes": {"num_parallel_tree": 2, "objective": "multi:softprob", "num_class": 3},
    "dropout": {"booster": "dart", "rate_drop": 0.5, "one_drop": True},
    "dropout, classes": {"booster": "dart", "rate_drop": 0.5, "objective": "multi:softprob", "num_class": 3},
    "one-hot": {"max_cat_to_onehot": 100},
    "sets": {"max_cat_to_onehot": 1},
    "pruned": {"gamma": 20.0},
    "leaf by leaf": {"grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0},
    "single leaves": {"min_child_weight": 1e6},
    "two targets": {"target": "several"},
}
