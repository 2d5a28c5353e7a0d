"""A failed trial does not end a search, and nothing of its data reaches anyone."""

from __future__ import annotations

import math
import os
import signal
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ConfigError, ServiceError
from mxt.metrics.base import Metric
from mxt.metrics.sklearn import SklearnMetric
from mxt.searches.base.trials import best_of
from mxt.searches.grid import GridSearch
from mxt.searches.halving import HalvingSearch
from searches.studies import AUC, VALUES, done, study

if TYPE_CHECKING:
    from mxt.searches.base.studies import Study


def three_classes() -> Study:
    """A study of three classes, which no sigmoid can calibrate."""
    within = study(metric=SklearnMetric(name="accuracy"))
    thirds = pd.Series(
        np.resize(["a", "b", "c"], len(within.inputs)), index=within.inputs.index, name="third"
    )
    return replace(within, targets=thirds)


@pytest.mark.parametrize("kind", [GridSearch, HalvingSearch])
def test_a_trial_that_fails_has_its_reason_and_the_search_goes_on(
    kind: type[GridSearch | HalvingSearch],
) -> None:
    search = kind(values={"calibration": ("sigmoid", None), "l2": (1e39, 1.0)})
    trials = done(search, three_classes())
    calibrated = "Sigmoid calibration needs two classes; the target 'third' has 3."
    assert [trial.failure for trial in trials] == [calibrated, calibrated, "XGBoostError", ""]
    assert math.isnan(trials[0].last.mean)
    assert best_of(trials, AUC).number == 4


def test_a_metric_that_is_not_defined_fails_each_trial() -> None:
    trials = done(GridSearch(values={"depth": (1, 2)}), replace(three_classes(), metric=AUC))
    reason = "The metric roc_auc is not defined for these 250 predictions (ValueError)."
    assert [trial.failure for trial in trials] == [reason, reason]


def test_values_that_do_not_go_together_are_refused_before_anything_is_fitted() -> None:
    with pytest.raises(ConfigError, match="XgboostRecipe cannot take depth: 0"):
        next(study().scored([{"depth": 2}, {"depth": 0}]))


def test_neither_the_text_of_an_error_nor_a_warning_reaches_anyone(
    recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talkative:
        """A metric that fails and quotes what it was given."""

        higher_is_better = True

        def score(self, *_: object) -> float:
            warnings.warn("the cell canary-4711", stacklevel=2)
            msg = "the cell canary-4711"
            raise ValueError(msg)

    for workers in (1, 2):
        within = replace(study(workers=workers), metric=cast("Metric", Talkative()))
        trials = done(GridSearch(values={"depth": (1, 2)}), within)
        assert [trial.failure for trial in trials] == ["ValueError", "ValueError"]
    texts = [str(warning.message) for warning in recwarn] + [*capfd.readouterr()]
    assert not [text for text in texts if "canary" in text]


def test_a_worker_that_is_killed_is_reported() -> None:
    class Deadly:
        """Not a metric but the end of the process that asks it."""

        higher_is_better = True

        def score(self, *_: object) -> float:
            os.kill(os.getpid(), signal.SIGKILL)
            return 0.0

    within = replace(study(workers=2), metric=cast("Metric", Deadly()))
    with pytest.raises(ServiceError, match=r"A process of the search was killed.*fewer workers"):
        done(GridSearch(values=VALUES), within)
