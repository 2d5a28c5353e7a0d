"""Every scorer of scikit-learn that compares predictions with the truth, by its name."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from mxt.errors import ConfigError, DataError
from mxt.metrics.base import RESAMPLES, Estimate, Metric
from mxt.metrics.base.answers import (
    TWO,
    Classes,
    Named,
    Numbers,
    encoded,
    labelled,
    labels,
    positive_among,
)
from mxt.schemas.outputs import PREDICTION
from mxt.stats.bootstrap import of_indices
from mxt.stats.cells import Cells, of_rows
from mxt.stats.proportions import wilson
from mxt.stats.roc import delong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd

RIGHT = ("accuracy", "f1_micro", "precision_micro", "recall_micro")
"""Scorers that give the share of right labels."""
AVERAGES = ("_macro", "_micro", "_weighted")
OF_ONE = (
    "average_precision",
    "f1",
    "jaccard",
    "neg_negative_likelihood_ratio",
    "positive_likelihood_ratio",
    "precision",
    "recall",
)
"""Scorers of the positive one of two classes."""
OF_EITHER = ("d2_brier_score", "neg_brier_score", "roc_auc")
"""Scorers of the probability of one of two classes that give either class the same score."""


class SklearnMetric(Metric):
    """A scorer of scikit-learn by its name, as in ``sklearn.metrics.get_scorer_names()``.

    Errors are negative, so that a higher score is better. Of two classes, f1, jaccard, precision, recall,
    average_precision and the likelihood ratios score the positive one. Scorers of clusterings are refused.

    Example:
        {KIND: SklearnMetric, name: roc_auc, minimum: 0.8}
    """

    KIND: Literal["SklearnMetric"] = "SklearnMetric"

    higher_is_better: ClassVar[bool] = True

    name: str
    """The scorer's name, such as roc_auc, f1, neg_log_loss or r2."""

    positive: Named = None
    """The positive class of two, for scorers that have one; that of the job or of the version if left out,
    else the last in alphabetical order."""

    @model_validator(mode="after")
    def _has_a_positive_class(self) -> Self:
        if self.positive is not None and self.name not in (*OF_ONE, *OF_EITHER):
            kind, fault = (
                "contradiction",
                "{name} has no positive class; leave `positive` out, or name {others}",
            )
            others = ", ".join(sorted((*OF_ONE, *OF_EITHER)))
            raise PydanticCustomError(kind, fault, {"name": self.name, "others": others})
        return self

    @property
    def label(self) -> str:
        return labelled(self.name, self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        self._refuse_several(len(names))
        if len(names) != TWO or (self.positive is None and self.name not in OF_ONE):
            return ""
        return positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series, predictions: pd.DataFrame) -> float:
        import numpy as np

        scorer, pairs = self._scorer(), self._pairs(truth, predictions)
        with warnings.catch_warnings():
            self._keep_quiet()
            try:
                score = float(scorer(_estimator(pairs), np.arange(len(truth)), pairs.truth))
            except (ValueError, AttributeError, TypeError, Warning) as error:
                raise self._undefined(truth, type(error).__name__) from error
        if not math.isfinite(score):
            raise self._undefined(truth, str(score))
        return score

    def interval(
        self, truth: pd.Series, predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        pairs = self._pairs(truth, predictions)
        two = isinstance(pairs, Classes) and len(pairs.names) == TWO
        if isinstance(pairs, Numbers) or not (self.name in RIGHT or two):
            return self.bootstrap(truth, predictions, seed, resamples)
        if self.name == "roc_auc" and pairs.shares is not None:
            score = self.score(truth, predictions)
            return Estimate.of(score, delong(pairs.shares[:, 1], pairs.truth == 1), "delong", len(truth))
        rows = {"precision": pairs.predicted == 1, "recall": pairs.truth == 1}.get(self.name)
        if rows is None and self.name not in RIGHT:
            return self.bootstrap(truth, predictions, seed, resamples)
        right = pairs.right if rows is None else pairs.right[rows]
        return Estimate.of(
            self.score(truth, predictions), wilson(right.sum(), right.size), "wilson", right.size
        )

    def cells(self, truth: pd.Series, predictions: pd.DataFrame) -> Cells:
        from mxt.metrics.base.resampled import resampled

        pairs = self._pairs(truth, predictions)
        at_once = resampled(self.name, pairs)
        if at_once is not None:
            return at_once
        scorer, estimator = self._scorer(), _estimator(pairs)

        def score(rows: np.ndarray) -> float:
            try:
                return float(scorer(estimator, rows, pairs.truth[rows]))
            except (ValueError, Warning):
                return math.nan

        one_by_one = of_indices(score)

        def statistic(counts: np.ndarray) -> np.ndarray:
            with warnings.catch_warnings():
                self._keep_quiet()
                return one_by_one(counts)

        return of_rows(statistic, len(truth))

    def _scorer(self) -> Callable[..., float]:
        from sklearn.metrics import get_scorer, get_scorer_names

        if self.name not in get_scorer_names():
            known = ", ".join(name for name in get_scorer_names() if "cluster" not in _home(get_scorer(name)))
            msg = f"scikit-learn has no scorer {self.name!r}; it has {known}."
            raise ConfigError(msg)
        scorer = get_scorer(self.name)
        if "cluster" in _home(scorer):
            msg = f"The scorer {self.name} compares clusterings; name one that compares predictions."
            raise ConfigError(msg)
        return scorer

    def _keep_quiet(self) -> None:
        """Ignore warnings, but raise the warning that a score is not defined.

        Averages over classes are an exception, since scikit-learn counts a class without a score as 0.
        """
        from sklearn.exceptions import UndefinedMetricWarning

        warnings.simplefilter("ignore")
        if not self.name.endswith(AVERAGES):
            warnings.simplefilter("error", UndefinedMetricWarning)

    def _pairs(self, truth: pd.Series, predictions: pd.DataFrame) -> Classes | Numbers:
        """Truth and predictions as the scorer compares them, the positive one of two classes last.

        Whole numbers are classes where the scorer is for classes.

        Raises:
            ConfigError: The model has no such positive class.
            DataError: The scorer is for numbers and the model predicts classes, or the reverse.
        """
        numbers, pairs = "regression" in _home(self._scorer()), encoded(truth, predictions)
        if isinstance(pairs, Numbers) and not numbers and pairs.predicted.dtype.kind in "iu":
            pairs = labels(truth, predictions[PREDICTION])
        if numbers != isinstance(pairs, Numbers):
            wanted, given = ("numbers", "classes") if numbers else ("classes", "numbers")
            msg = (
                f"The metric {self.name} is not defined for these predictions: it is for {wanted}, and the "
                f"model predicts {given}."
            )
            raise DataError(msg)
        if isinstance(pairs, Numbers):
            return pairs
        self._refuse_several(len(pairs.names))
        one = self.name in (*OF_ONE, *OF_EITHER) and len(pairs.names) <= TWO
        return pairs.facing(self.label, self.named) if one else pairs

    def _refuse_several(self, classes: int) -> None:
        """Raise a ConfigError if the config names a positive class of more than two."""
        if self.positive is not None and classes > TWO:
            msg = (
                f"The metric {self.label} has a positive class of two, and the model has {classes}; leave "
                "`positive` out, or name a scorer of several classes, such as f1_macro."
            )
            raise ConfigError(msg)

    def _undefined(self, truth: pd.Series, reason: str) -> DataError:
        return DataError(
            f"The metric {self.name} is not defined for these {len(truth)} predictions ({reason})."
        )


def _home(scorer: object) -> str:
    """The module of a scorer's function; scikit-learn keeps the function in a private attribute alone."""
    return str(vars(scorer)["_score_func"].__module__)


def _estimator(pairs: Classes | Numbers) -> object:
    """An estimator of scikit-learn whose predictions for row numbers are those of the pairs."""
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    def predict(_: BaseEstimator, rows: np.ndarray) -> np.ndarray:
        return pairs.predicted[rows]

    if isinstance(pairs, Numbers):
        return type("Values", (RegressorMixin, BaseEstimator), {"predict": predict})()
    shares = pairs.shares
    methods = {"predict": predict, "classes_": np.arange(len(pairs.names))}
    if shares is None:
        return type("Labels", (ClassifierMixin, BaseEstimator), methods)()

    def predict_proba(_: BaseEstimator, rows: np.ndarray) -> np.ndarray:
        return shares[rows]

    methods["predict_proba"] = predict_proba
    return type("Chances", (ClassifierMixin, BaseEstimator), methods)()
