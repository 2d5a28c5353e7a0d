"""Trees of scikit-learn that lead out of their nodes, columns or sets never predict; whole ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mxt.errors import ModelError
from mxt.predictors.sklearn.sound import require_sound

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = np.arange(120)
X = pd.DataFrame({"a": KEY * 7 % 31 / 3, "b": KEY % 5})
Y = (X["a"] > 4).to_numpy()
MODELS = [
    DecisionTreeClassifier(max_depth=3),
    RandomForestRegressor(2, max_depth=3),
    GradientBoostingClassifier(n_estimators=2),
    HistGradientBoostingClassifier(max_iter=2, categorical_features=["b"], min_samples_leaf=5),
    make_pipeline(StandardScaler(), BaggingClassifier(DecisionTreeClassifier(), 2, max_features=1)),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_whole_model_is_sound(model: Any) -> None:
    require_sound(model.fit(X, Y))


def write(tree: Any, field: str, value: float) -> None:
    """Change the root of a tree; its state is that of another one."""
    state = tree.__getstate__()
    state["nodes"][field][0] = value
    tree.__setstate__(state)


def boosted(field: str, value: float) -> Callable[[], object]:
    def made() -> object:
        model = HistGradientBoostingClassifier(max_iter=1, categorical_features=["b"]).fit(X, X["b"] > 2)
        model._predictors[0][0].nodes[field][0] = value
        return model

    return made


def grown(field: str, value: float) -> Callable[[], object]:
    def made() -> object:
        model = RandomForestRegressor(1, max_depth=2, bootstrap=False).fit(X, Y)
        write(model.estimators_[0].tree_, field, value)
        return model

    return made


@pytest.mark.parametrize(
    "damaged",
    [
        grown("left_child", 0),
        grown("right_child", 99),
        grown("feature", 2),
        grown("feature", -3),
        boosted("left", 99),
        boosted("right", 0),
        boosted("feature_idx", 2),
        boosted("bitset_idx", 9),
    ],
)
def test_a_tree_whose_root_leads_nowhere_is_refused(damaged: Callable[[], object]) -> None:
    with pytest.raises(ModelError, match="the nodes of its trees do not fit together"):
        require_sound(damaged())
