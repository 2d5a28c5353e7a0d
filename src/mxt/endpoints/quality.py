"""How good predictions are: accuracy, precision, recall or F1."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.endpoints.base import Endpoint
from mxt.errors import ConfigError, DataError
from mxt.metrics.base.answers import TWO, ClassName, labelled, listed
from mxt.stats.arms import ArmEstimate, ratio_of_sums

if TYPE_CHECKING:
    import pandas as pd

    from mxt.endpoints.base.arms import Arm
    from mxt.endpoints.base.contrasts import Contrast
    from mxt.endpoints.base.designs import Design


class QualityEndpoint(Endpoint):
    """Accuracy, precision, recall or F1 of the predictions; each is a ratio of counts.

    Shares of independent rows are compared by Miettinen and Nurminen's score test. F1, and scores of several
    rows a subject, are compared by the delta method over subjects.

    Example:
        {KIND: QualityEndpoint, score: recall, margin: 0.02}
    """

    KIND: Literal["QualityEndpoint"] = "QualityEndpoint"

    of_shares: ClassVar[bool] = True

    score: Literal["accuracy", "precision", "recall", "f1"]
    """What is compared."""

    positive: ClassName | None = None
    """The class that precision, recall and F1 are of; if left out, the positive class of the job or of the
    versions, else the last of two in alphabetical order."""

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

    def compare(self, control: Arm, treatment: Arm, design: Design) -> Contrast:
        contrast = super().compare(control, treatment, design)
        if self.score == "accuracy":
            return contrast
        return replace(contrast, positive=self._positive(control, treatment))

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate] | None:
        _refuse_foreign(control, treatment)
        positive = "" if self.score == "accuracy" else self._positive(control, treatment)
        first, second = (self._estimate(arm, positive) for arm in (control, treatment))
        return None if first is None or second is None else (first, second)

    def _estimate(self, arm: Arm, positive: str) -> ArmEstimate | None:
        truth, predicted = _texts(arm.truth, arm), _texts(arm.predictions, arm)
        true, selected = (truth == positive).astype(float), (predicted == positive).astype(float)
        tops, bottoms = {
            "accuracy": ((truth == predicted).astype(float), 0 * true + 1),
            "precision": (true * selected, selected),
            "recall": (true * selected, true),
            "f1": (2 * true * selected, true + selected),
        }[self.score]
        if not bottoms.any():
            return None
        return ratio_of_sums(tops.to_numpy(), bottoms.to_numpy(), arm.subjects)

    def _positive(self, *arms: Arm) -> str:
        """The class that the score is of.

        Raises:
            ConfigError: No class is named, or no row's truth is the named class.
        """
        known = sorted({name for arm in arms for name in _texts(arm.truth, arm).unique()})
        positive = arms[0].positive if self.positive is None else str(self.positive)
        if positive is None and len(known) != TWO:
            msg = f"{self.score}: the truth has {len(known)} classes; name the `positive` one."
            raise ConfigError(msg)
        if positive is not None and positive not in known:
            classes = {str(name): 0 for arm in arms if arm.model for name in arm.model.predictor.classes}
            of_versions = f"; the classes of the versions are {listed([*classes])}" if classes else ""
            msg = f"{self.score}: no row's truth is the positive class {positive!r}{of_versions}."
            raise ConfigError(msg)
        return known[-1] if positive is None else positive


def _refuse_foreign(*arms: Arm) -> None:
    """Raise a DataError if no prediction of an arm is a class of the truth."""
    known = {name for arm in arms for name in _texts(arm.truth, arm).unique()}
    for arm in arms:
        predictions = _texts(arm.predictions, arm)
        classes = {*predictions.unique()}
        if not classes & known:
            msg = (
                f"{arm.source}: the {len(predictions)} predictions of the {arm.name} arm have {len(classes)} "
                f"classes, none of which is among the {len(known)} of the truth. Name the `target` that "
                "is predicted, and write both in the same way."
            )
            raise DataError(msg)


def _texts(labels: pd.Series | None, arm: Arm) -> pd.Series[str]:
    """Classes as texts.

    Raises:
        DataError: There are none, or they are decimal numbers.
    """
    import pandas as pd

    if labels is None or pd.api.types.is_float_dtype(labels):
        msg = (
            f"{arm.source}: the {arm.name} arm has no classes to score; its truth or predictions are numbers."
        )
        raise DataError(msg)
    return labels.astype(str)
