"""Models made of models: votes, stacks, bags and calibrations, as sums of links of their parts' scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.sklearn.composition.averages import averaged, voting
from mxt.predictors.sklearn.composition.calibrations import calibrated
from mxt.predictors.sklearn.composition.stacks import stacked
from mxt.predictors.sklearn.composition.targets import transformed

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from mxt.predictors.base import Composition
    from mxt.predictors.sklearn.composition.parts import Make


def compose(core: BaseEstimator, columns: list[str], make: Make) -> Composition | None:
    """The parts of a fitted estimator of scikit-learn, or None if it is not such a sum.

    Args:
        core: A fitted estimator.
        columns: Names of the columns that it sees.
        make: Makes the predictors of its parts.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import (
        BaggingClassifier,
        BaggingRegressor,
        StackingClassifier,
        StackingRegressor,
        VotingClassifier,
        VotingRegressor,
    )

    match core:
        case CalibratedClassifierCV():
            return calibrated(core, columns, make)
        case VotingClassifier(voting="soft") | VotingRegressor():
            return voting(core, columns, make)
        case BaggingClassifier() | BaggingRegressor():
            features = [[int(place) for place in places] for places in core.estimators_features_]
            return averaged(core, features, [1.0] * len(features), columns, make)
        case StackingClassifier() | StackingRegressor():
            return stacked(core, columns, make)
        case TransformedTargetRegressor():
            return transformed(core, columns, make)
    return None
