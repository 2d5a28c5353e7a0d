"""Gradient-boosted trees of xgboost, with native categories and no pickle."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.errors import ConfigError
from mxt.models.base import Recipe, text_names
from mxt.models.base.monotone import Monotone, constraints
from mxt.models.base.stopping import EarlyStopping
from mxt.models.base.weights import ClassWeight, row_weights
from mxt.predictors.base.outputs import BINARY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xgboost as xgb

    from mxt.models.base.model import Model
    from mxt.models.base.preparing import Prepared
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

    class_weight: ClassWeight | None = Field(default=None, exclude_if=lambda weight: weight is None)
    """Weights of the training rows: ``balanced`` lets all classes weigh the same, ``{Yes: 3}`` one of them
    three times. A calibration brings the probabilities back to the shares of the classes."""

    early_stopping: EarlyStopping | None = Field(default=None, exclude_if=lambda stopping: stopping is None)
    """Grow as many of the `trees` as lower the loss on rows held back from the training rows; all training
    rows are then learned from with so many trees. ``{}`` stops after 20 rounds, on a tenth of the rows."""

    monotone: Monotone | None = Field(default=None, exclude_if=lambda monotone: monotone is None)
    """Columns of numbers with which the prediction may only rise or only fall, as ``{tenure: decreasing}``;
    of a classifier the probability of the last of two classes in alphabetical order."""

    @model_validator(mode="after")
    def _weights_are_of_classes(self) -> Self:
        if self.class_weight is not None and self.task == "regression":
            kind, msg = (
                "contradiction",
                "`class_weight` weighs classes, and a regression has none; leave it out",
            )
            raise PydanticCustomError(kind, msg)
        return self

    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        from mxt.predictors.xgboost import XgboostPredictor

        table = self._learned(inputs, targets)
        estimator = self._estimator(n_estimators=self._count(table), **table.options)
        estimator.fit(table.frame, table.labels, sample_weight=table.weights)
        if self.calibration:
            estimator.load_model(_folded(estimator.get_booster(), self._sigmoid(estimator, table)))
        predictor = XgboostPredictor(estimator, [*table.frame.columns], table.classes)
        return table.prepared.model(predictor.opened(table.free))

    def check(self, inputs: pd.DataFrame, targets: pd.Series) -> None:
        self._learned(inputs, targets)

    def outcome(self, model: Model) -> dict[str, int]:
        return {"trees": model.predictor.core.num_boosted_rounds()} if self.early_stopping else {}

    def _learned(self, inputs: pd.DataFrame, targets: pd.Series) -> _Learned:
        """The training table as xgboost takes it.

        Raises:
            ConfigError: The recipe names a class or a column that the table does not have.
            DataError: The recipe cannot learn from the table.
        """
        from mxt.models.base.preparing import prepare

        prepared = prepare(self, inputs, targets, refused=REFUSED)
        texts = text_names(prepared.inputs)
        free = [name for name in texts if not hasattr(prepared.inputs[name], "cat")]
        classes: list[Label] = []
        labels, weights = prepared.targets.to_numpy(), None
        if self.task == "classification":
            classes, labels = _coded(prepared.targets)
        if self.class_weight is not None:
            weights = row_weights(self.class_weight, classes, labels)
        options = {} if not self.monotone else {"monotone_constraints": constraints(self.monotone, prepared)}
        if self.monotone and len(classes) > BINARY:
            msg = (
                f"monotone: a target of {len(classes)} classes has no direction; leave it out of the recipe."
            )
            raise ConfigError(msg)
        frame = prepared.inputs.astype(dict.fromkeys(texts, "category"))
        return _Learned(prepared, frame, labels, classes, weights, free, options)

    def _estimator(self, **options: Any) -> xgb.XGBModel:
        import xgboost as xgb

        kind = xgb.XGBClassifier if self.task == "classification" else xgb.XGBRegressor
        return kind(
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
            **options,
        )

    def _count(self, table: _Learned) -> int:
        """How many trees are grown: all, or as many as lower the loss on the rows held back."""
        if self.early_stopping is None:
            return self.trees
        codes = table.labels if table.classes else None
        held = self.early_stopping.held_back(table.frame.index, codes, self.seed)
        rounds, weights = self.early_stopping.rounds, table.weights
        stopped = self._estimator(n_estimators=self.trees, early_stopping_rounds=rounds, **table.options)
        stopped.fit(
            table.frame[~held],
            table.labels[~held],
            sample_weight=None if weights is None else weights[~held],
            eval_set=[(table.frame[held], table.labels[held])],
            sample_weight_eval_set=None if weights is None else [weights[held]],
            verbose=False,
        )
        return int(stopped.best_iteration) + 1

    def _sigmoid(self, estimator: xgb.XGBModel, table: _Learned) -> Sigmoid:
        """Fit the calibration on scores of rows that each fold's model has not seen."""
        import numpy as np
        from sklearn.base import clone
        from sklearn.model_selection import cross_val_predict

        from mxt.stats.calibration import fit_sigmoid

        weights = None if table.weights is None else {"sample_weight": table.weights}
        chances = cross_val_predict(
            clone(estimator), table.frame, table.labels, cv=5, method="predict_proba", params=weights
        )[:, 1]
        chances = np.clip(chances.astype(float), 1e-7, 1 - 1e-7)
        return fit_sigmoid(np.log(chances / (1 - chances)), table.labels == 1)


@dataclass(frozen=True)
class _Learned:
    """A training table as xgboost takes it."""

    prepared: Prepared
    frame: pd.DataFrame
    """The prepared inputs, texts as categories."""
    labels: np.ndarray
    """The place of each row's class, or its number."""
    classes: list[Label]
    weights: np.ndarray | None
    """Of the rows; None if all weigh the same."""
    free: list[str]
    """Columns of texts in which any text may come later."""
    options: dict[str, Any]
    """Parameters of the estimator that depend on the columns."""


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
    return bytearray(json.dumps(content, ensure_ascii=False).encode())
