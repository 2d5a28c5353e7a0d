"""How good predictions are: accuracy, precision, recall or F1."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.endpoints.base import Endpoint
from mxt.errors import ConfigError, DataError
from mxt.metrics.base.answers import TWO, ClassName, labelled, listed
from mxt.stats.arms import ArmEstimate, ratio_of_sums

if TYPE_CHECKING:
    import pandas as pd

    from mxt.endpoints.base.arms import Arm
    from mxt.endpoints.base.findings import Finding
    from mxt.endpoints.base.plans import Plan


class QualityEndpoint(Endpoint):
    """Accuracy, precision, recall or F1 of the predictions; each is a ratio of counts.

    Shares of independent rows are compared by Miettinen and Nurminen's score test. F1, and whatever has
    several rows of a subject, is compared by the delta method over subjects.

    Example:
        {KIND: QualityEndpoint, score: recall, margin: 0.02}
    """

    KIND: Literal["QualityEndpoint"] = "QualityEndpoint"

    of_shares: ClassVar[bool] = True

    score: Literal["accuracy", "precision", "recall", "f1"]
    """What is compared."""

    positive: ClassName | None = None
    """The class that precision, recall and F1 look at; that of the job or of the versions if left out, else
    the last of two in alphabetical order."""

    @property
    def label(self) -> str:
        return labelled(self.score, None if self.score == "accuracy" else self.positive)

    @property
    def better_if_higher(self) -> bool:
        return True

    @property
    def needs_predictions(self) -> bool:
        return True

    @property
    def needs_positive(self) -> bool:
        return self.score != "accuracy" and self.positive is None

    def compare(self, control: Arm, treatment: Arm, plan: Plan) -> Finding:
        found = super().compare(control, treatment, plan)
        if self.score == "accuracy":
            return found
        return replace(found, positive=self._positive(control, treatment))

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate] | None:
        _refuse_foreign(control, treatment)
        positive = "" if self.score == "accuracy" else self._positive(control, treatment)
        first, second = (self._estimate(arm, positive) for arm in (control, treatment))
        return None if first is None or second is None else (first, second)

    def _estimate(self, arm: Arm, positive: str) -> ArmEstimate | None:
        truth, predicted = _texts(arm.truth, arm), _texts(arm.predictions, arm)
        real, told = (truth == positive).astype(float), (predicted == positive).astype(float)
        tops, bottoms = {
            "accuracy": ((truth == predicted).astype(float), 0 * real + 1),
            "precision": (real * told, told),
            "recall": (real * told, real),
            "f1": (2 * real * told, real + told),
        }[self.score]
        if not bottoms.any():
            return None
        return ratio_of_sums(tops.to_numpy(), bottoms.to_numpy(), arm.subjects)

    def _positive(self, *arms: Arm) -> str:
        known = sorted({name for arm in arms for name in _texts(arm.truth, arm).unique()})
        positive = arms[0].positive if self.positive is None else str(self.positive)
        if positive is None and len(known) != TWO:
            msg = f"{self.score}: the truth has {len(known)} classes; name the `positive` one."
            raise ConfigError(msg)
        if positive is not None and positive not in known:
            classes = {str(name): 0 for arm in arms if arm.model for name in arm.model.predictor.classes}
            those = f"; the classes of the versions are {listed([*classes])}" if classes else ""
            msg = f"{self.score}: no row's truth is the positive class {positive!r}{those}."
            raise ConfigError(msg)
        return known[-1] if positive is None else positive


def _refuse_foreign(*arms: Arm) -> None:
    """Raise a DataError if no prediction of an arm is a class of the truth."""
    known = {name for arm in arms for name in _texts(arm.truth, arm).unique()}
    for arm in arms:
        told = _texts(arm.predictions, arm)
        classes = {*told.unique()}
        if not classes & known:
            msg = (
                f"{arm.source}: the {len(told)} predictions of the {arm.name} arm have {len(classes)} "
                f"classes, none of which is among the {len(known)} of the truth. Name the `target` that "
                "is predicted, and write both in the same way."
            )
            raise DataError(msg)


def _texts(labels: pd.Series[Any] | None, arm: Arm) -> pd.Series[str]:
    """Classes as texts."""
    import pandas as pd

    if labels is None or pd.api.types.is_float_dtype(labels):
        msg = (
            f"{arm.source}: the {arm.name} arm has no classes to score; its truth or predictions are numbers."
        )
        raise DataError(msg)
    return labels.astype(str)
