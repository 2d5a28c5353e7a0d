"""Gradient-boosted trees of xgboost, with native categories and no pickle."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.models.base import Recipe, text_names

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xgboost as xgb

    from mxt.models.base.model import Model
    from mxt.predictors.base.outputs import Label
    from mxt.stats.calibration import Sigmoid

REFUSED = "[]<"
"""Characters that xgboost refuses in names of columns; an underscore stands for each in the stored model."""


class XgboostRecipe(Recipe):
    """Gradient-boosted trees of xgboost; texts are native categories.

    A sigmoid calibration is folded into the leaves, so the stored model is a plain xgboost model whose own
    probabilities are calibrated, and whose contributions add up to their log-odds.

    Example:
        {KIND: XgboostRecipe, trees: 200, depth: 3, learning_rate: 0.05, calibration: sigmoid}
    """

    KIND: Literal["XgboostRecipe"] = "XgboostRecipe"

    trees: Annotated[int, Field(ge=1)] = 200
    """Boosting rounds (n_estimators)."""

    depth: Annotated[int, Field(ge=1, le=32)] = 3
    """Greatest depth of a tree (max_depth)."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Factor by which each tree's values are multiplied before they are added."""

    row_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the rows drawn for each tree (subsample)."""

    column_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the columns drawn for each tree (colsample_bytree)."""

    child_weight: Annotated[float, Field(ge=0)] = 1.0
    """Smallest sum of hessians in a leaf (min_child_weight)."""

    l2: Annotated[float, Field(ge=0)] = 1.0
    """Penalty on squared leaf values (reg_lambda)."""

    threads: Annotated[int, Field(ge=1)] = 1
    """Threads to train with; with one, the model is the same bytes on any machine."""

    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        from mxt.models.base.preparing import prepare
        from mxt.predictors.xgboost import XgboostPredictor

        prepared = prepare(self, inputs, targets, refused=REFUSED)
        columns, texts = [*prepared.inputs.columns], text_names(prepared.inputs)
        free = [name for name in texts if not hasattr(prepared.inputs[name], "cat")]
        frame = prepared.inputs.astype(dict.fromkeys(texts, "category"))
        if self.task == "regression":
            estimator = self._estimator().fit(frame, prepared.targets)
            return prepared.model(XgboostPredictor(estimator, columns, []).opened(free))
        classes, codes = _coded(prepared.targets)
        estimator = self._estimator().fit(frame, codes)
        if self.calibration:
            estimator.load_model(_folded(estimator.get_booster(), self._sigmoid(frame, codes)))
        return prepared.model(XgboostPredictor(estimator, columns, classes).opened(free))

    def _estimator(self) -> xgb.XGBModel:
        import xgboost as xgb

        kind = xgb.XGBClassifier if self.task == "classification" else xgb.XGBRegressor
        return kind(
            n_estimators=self.trees,
            max_depth=self.depth,
            learning_rate=self.learning_rate,
            subsample=self.row_share,
            colsample_bytree=self.column_share,
            min_child_weight=self.child_weight,
            reg_lambda=self.l2,
            random_state=self.seed,
            n_jobs=self.threads,
            tree_method="hist",
            enable_categorical=True,
        )

    def _sigmoid(self, frame: pd.DataFrame, codes: np.ndarray) -> Sigmoid:
        """Fit the calibration on scores of rows that each fold's model has not seen."""
        import numpy as np
        from sklearn.model_selection import cross_val_predict

        from mxt.stats.calibration import fit_sigmoid

        chances = cross_val_predict(self._estimator(), frame, codes, cv=5, method="predict_proba")[:, 1]
        chances = np.clip(chances.astype(float), 1e-7, 1 - 1e-7)
        return fit_sigmoid(np.log(chances / (1 - chances)), codes == 1)


def _coded(targets: pd.Series) -> tuple[list[Label], np.ndarray]:
    """The sorted classes, and the position of each target's class among them."""
    import pandas as pd

    from mxt.predictors.base.outputs import plain

    codes, uniques = pd.factorize(targets, sort=True)
    return plain(uniques), codes


def _folded(booster: xgb.Booster, sigmoid: Sigmoid) -> bytearray:
    """The booster in xgboost's JSON form, each margin multiplied by the slope and moved by the intercept.

    A margin is the sum of leaf values and the log-odds of the base score, so the calibration scales each leaf
    and moves the base score.
    """
    content = json.loads(booster.save_raw("json"))
    learner = content["learner"]
    for tree in learner["gradient_booster"]["model"]["trees"]:
        leaves = [left == -1 for left in tree["left_children"]]
        tree["split_conditions"] = [
            value * sigmoid.slope if leaf else value
            for value, leaf in zip(tree["split_conditions"], leaves, strict=True)
        ]
        tree["base_weights"] = [weight * sigmoid.slope for weight in tree["base_weights"]]
    chance = float(learner["learner_model_param"]["base_score"].strip("[]"))
    margin = sigmoid.slope * math.log(chance / (1 - chance)) + sigmoid.intercept
    learner["learner_model_param"]["base_score"] = f"[{1 / (1 + math.exp(-margin))!r}]"
    return bytearray(json.dumps(content).encode())
