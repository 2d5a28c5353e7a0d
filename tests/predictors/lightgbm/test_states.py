"""States of LightGBM's objects: none leads LightGBM beyond its text, its table or its threads."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from mxt.errors import ModelError
from mxt.predictors.lightgbm.states import require_sound

ROWS = np.random.default_rng(0).normal(size=(60, 2))
FITTED = lgb.LGBMRegressor(n_estimators=2, verbose=-1, metric=["l1", "l2"], n_jobs=1).fit(ROWS, ROWS[:, 0])


def test_the_states_of_whole_objects_are_sound() -> None:
    require_sound(FITTED.__getstate__())
    require_sound(FITTED.booster_.__getstate__())
    with pytest.raises(ModelError, match="was cut"):
        require_sound({"_handle": FITTED.booster_.__getstate__()["_handle"][:-400]})
    with pytest.raises(ModelError, match="not made of text"):
        require_sound({"handle": b"tree"})


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_jobs": 10**6},
        {"n_jobs": "4"},
        {"_other_params": {"nthread": 10**6}},
        {"_other_params": {"predict_disable_shape_check": True}},
        {"_other_params": {"verbose=0 num_threads": 10**6}},
        {"boosting_type": "gbdt num_threads=1000000"},
        {"metric": ["l1", "l2\tnum_threads=1000000"]},
    ],
)
def test_parameters_that_lead_astray_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"no number of threads|read beyond the rows"):
        require_sound({**FITTED.__getstate__(), **parameters})
