"""Every scorer of scikit-learn, by its name."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.errors import ConfigError, DataError
from mxt.metrics.base import Metric
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class SklearnMetric(Metric):
    """A scorer of scikit-learn, as in ``sklearn.metrics.get_scorer_names()``; errors are negative there.

    The positive class of a binary target is the last one in alphabetical order.

    Example:
        {KIND: SklearnMetric, name: roc_auc, minimum: 0.8}
    """

    KIND: Literal["SklearnMetric"] = "SklearnMetric"

    higher_is_better: ClassVar[bool] = True

    name: str
    """The scorer's name, such as roc_auc, f1, neg_log_loss or r2."""

    @property
    def label(self) -> str:
        return self.name

    def score(self, truth: pd.Series[Any], predictions: pd.DataFrame) -> float:
        from sklearn.metrics import get_scorer, get_scorer_names

        if self.name not in get_scorer_names():
            msg = f"scikit-learn has no scorer {self.name!r}; it has {', '.join(get_scorer_names())}."
            raise ConfigError(msg)
        answers, coded = _answers(truth, predictions)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                score = float(get_scorer(self.name)(answers, predictions, coded))
            except (ValueError, AttributeError, TypeError) as error:
                raise self._undefined(truth, type(error).__name__) from error
        if math.isnan(score):
            raise self._undefined(truth, "NaN")
        return score

    def _undefined(self, truth: pd.Series[Any], reason: str) -> DataError:
        return DataError(
            f"The metric {self.name} is not defined for these {len(truth)} predictions ({reason})."
        )


def _answers(truth: pd.Series[Any], predictions: pd.DataFrame) -> tuple[Any, np.ndarray]:
    """An estimator that gives the predictions back, and the truth coded as it codes its classes."""
    import pandas as pd
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    names = [name for name in predictions.columns if name.startswith(PROBABILITY)]
    if not names:

        class Values(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
            def predict(self, _: object) -> np.ndarray:
                return predictions[PREDICTION].to_numpy()

        return Values(), truth.to_numpy()
    classes = [name.removeprefix(PROBABILITY) for name in names]

    class Classes(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
        classes_ = pd.RangeIndex(len(classes)).to_numpy()

        def predict(self, _: object) -> np.ndarray:
            return _codes(predictions[PREDICTION], classes)

        def predict_proba(self, _: object) -> np.ndarray:
            return predictions[names].to_numpy()

    return Classes(), _codes(truth, classes)


def _codes(labels: pd.Series[Any], classes: list[str]) -> np.ndarray:
    import pandas as pd

    codes = pd.Categorical(labels.astype(str), categories=classes).codes
    if (codes < 0).any():
        msg = f"{int((codes < 0).sum())} rows have a class that is not among the model's {len(classes)}."
        raise DataError(msg)
    return codes
