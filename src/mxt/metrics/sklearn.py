"""Every scorer of scikit-learn that compares predictions with the truth, by its name."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from mxt.errors import ConfigError, DataError
from mxt.metrics.base import RESAMPLES, Estimate, Metric
from mxt.metrics.base.answers import (
    TWO,
    Classes,
    Named,
    Numbers,
    answers,
    labelled,
    labels,
    positive_among,
)
from mxt.metrics.base.resampled import resampled
from mxt.schemas.outputs import PREDICTION
from mxt.stats.bootstrap import of_indices
from mxt.stats.cells import Cells, of_rows
from mxt.stats.proportions import wilson
from mxt.stats.roc import delong

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

RIGHT = ("accuracy", "f1_micro", "precision_micro", "recall_micro")
"""Scorers whose score is the share of right labels."""
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
"""Scorers of two classes whose score is that of the positive one."""
OF_EITHER = ("d2_brier_score", "neg_brier_score", "roc_auc")
"""Scorers that look at the probability of one of two classes, and score the same by that of the other."""


class SklearnMetric(Metric):
    """A scorer of scikit-learn, as in ``sklearn.metrics.get_scorer_names()``; errors are negative there.

    Of two classes, f1, jaccard, precision, recall, average_precision and the likelihood ratios are about the
    positive one. Scorers of clusterings are refused.

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
            kind, told = (
                "contradiction",
                "{name} has no positive class; leave `positive` out, or name {those}",
            )
            those = ", ".join(sorted((*OF_ONE, *OF_EITHER)))
            raise PydanticCustomError(kind, told, {"name": self.name, "those": those})
        return self

    @property
    def label(self) -> str:
        return labelled(self.name, self.positive)

    def positive_of(self, names: Sequence[str]) -> str:
        self._refuse_several(len(names))
        if len(names) != TWO or (self.positive is None and self.name not in OF_ONE):
            return ""
        return positive_among(self.label, names, self.named)

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        import numpy as np

        scorer, found = self._scorer(), self._answers(truth, predictions)
        with warnings.catch_warnings():
            self._keep_quiet()
            try:
                score = float(scorer(_estimator(found), np.arange(len(truth)), found.truth))
            except (ValueError, AttributeError, TypeError, Warning) as error:
                raise self._undefined(truth, type(error).__name__) from error
        if not math.isfinite(score):
            raise self._undefined(truth, str(score))
        return score

    def interval(
        self, truth: pd.Series[Any], predictions: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES
    ) -> Estimate:
        found = self._answers(truth, predictions)
        two = isinstance(found, Classes) and len(found.names) == TWO
        if isinstance(found, Numbers) or not (self.name in RIGHT or two):
            return self.bootstrap(truth, predictions, seed, resamples)
        if self.name == "roc_auc" and found.shares is not None:
            score = self.score(truth, predictions)
            return Estimate.of(score, delong(found.shares[:, 1], found.truth == 1), "delong", len(truth))
        asked = {"precision": found.told == 1, "recall": found.truth == 1}.get(self.name)
        if asked is None and self.name not in RIGHT:
            return self.bootstrap(truth, predictions, seed, resamples)
        right = found.right if asked is None else found.right[asked]
        return Estimate.of(
            self.score(truth, predictions), wilson(right.sum(), right.size), "wilson", right.size
        )

    def cells(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Cells:
        found = self._answers(truth, predictions)
        at_once = resampled(self.name, found)
        if at_once is not None:
            return at_once
        scorer, estimator = self._scorer(), _estimator(found)

        def score(rows: np.ndarray) -> float:
            try:
                return float(scorer(estimator, rows, found.truth[rows]))
            except (ValueError, Warning):
                return math.nan

        one_by_one = of_indices(score)

        def statistic(counts: np.ndarray) -> np.ndarray:
            with warnings.catch_warnings():
                self._keep_quiet()
                return one_by_one(counts)

        return of_rows(statistic, len(truth))

    def _scorer(self) -> Any:  # noqa: ANN401 - scikit-learn is untyped
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
        """Tell no warning, but take that of a score that is not defined for an error.

        In an average over classes scikit-learn counts a class without a score as 0, and so does this.
        """
        from sklearn.exceptions import UndefinedMetricWarning

        warnings.simplefilter("ignore")
        if not self.name.endswith(AVERAGES):
            warnings.simplefilter("error", UndefinedMetricWarning)

    def _answers(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> Classes | Numbers:
        """What the scorer compares; whole numbers are classes to a scorer of classes, the positive one last.

        Raises:
            ConfigError: The positive class is none of the model's.
            DataError: The scorer is for numbers and the model predicts classes, or the reverse.
        """
        numbers, found = "regression" in _home(self._scorer()), answers(truth, predictions)
        if isinstance(found, Numbers) and not numbers and found.told.dtype.kind in "iu":
            found = labels(truth, predictions[PREDICTION])
        if numbers != isinstance(found, Numbers):
            wanted, given = ("numbers", "classes") if numbers else ("classes", "numbers")
            msg = (
                f"The metric {self.name} is not defined for these predictions: it is for {wanted}, and the "
                f"model predicts {given}."
            )
            raise DataError(msg)
        return self._facing(found) if isinstance(found, Classes) else found

    def _facing(self, found: Classes) -> Classes:
        self._refuse_several(len(found.names))
        one = self.name in (*OF_ONE, *OF_EITHER) and len(found.names) <= TWO
        return found.facing(self.label, self.named) if one else found

    def _refuse_several(self, classes: int) -> None:
        """Raise a ConfigError if the config names a positive class of more than two."""
        if self.positive is not None and classes > TWO:
            msg = (
                f"The metric {self.label} has a positive class of two, and the model has {classes}; leave "
                "`positive` out, or name a scorer of several classes, such as f1_macro."
            )
            raise ConfigError(msg)

    def _undefined(self, truth: pd.Series[Any], reason: str) -> DataError:
        return DataError(
            f"The metric {self.name} is not defined for these {len(truth)} predictions ({reason})."
        )


def _home(scorer: Any) -> str:  # noqa: ANN401 - as above
    """The module that the scorer's function is from."""
    return str(scorer._score_func.__module__)  # noqa: SLF001 - scikit-learn tells it nowhere else


def _estimator(found: Classes | Numbers) -> Any:  # noqa: ANN401 - as above
    """An estimator that, asked for row numbers, gives the predictions back."""
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    if isinstance(found, Numbers):

        class Values(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
            def predict(self, rows: np.ndarray) -> np.ndarray:
                return found.told[rows]

        return Values()

    size = len(found.names)

    class Labels(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
        classes_ = np.arange(size)

        def predict(self, rows: np.ndarray) -> np.ndarray:
            return found.told[rows]

    if found.shares is None:
        return Labels()
    shares = found.shares

    class Chances(Labels):
        def predict_proba(self, rows: np.ndarray) -> np.ndarray:
            return shares[rows]

    return Chances()
