"""The family of endpoints: each estimates both arms, and the base compares the estimates."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.endpoints.base.contrasts import Contrast, Hypothesis, Scale
from mxt.errors import ConfigError
from mxt.kinds import Kind
from mxt.stats.differences import difference, log_ratio
from mxt.stats.power import detectable, needed, power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.endpoints.base.arms import Arm
    from mxt.endpoints.base.designs import Design
    from mxt.stats.arms import ArmEstimate

LARGEST_ERROR = 0.5
"""The largest standard error of a value in a ratio, as a share of it; the delta method needs less."""
LARGEST_LOG = 700.0
"""The exponential of more is no double."""


class Endpoint(Kind, ABC):
    """Something that the treatment must be better at than the control, or not worse."""

    of_shares: ClassVar[bool] = False
    """Whether the two values lie between 0 and 1."""

    hypothesis: Hypothesis = "non_inferiority"
    """What must be shown: that the treatment is better, or that it is not worse by the margin."""

    margin: Annotated[float, Field(gt=0)]
    """The smallest difference that matters, on the scale: a loss that is harm, a gain worth detecting. Of a
    ratio it is what exceeds 1, so 0.1 is a factor of 1.1 either way."""

    scale: Scale = "difference"
    """Compare treatment less control, or treatment over control."""

    minimum: Annotated[int, Field(ge=2)] = 30
    """With fewer subjects, or cases that count, in an arm the verdict is inconclusive."""

    @model_validator(mode="after")
    def _margin_of_shares(self) -> Self:
        if self.of_shares and self.scale == "difference" and self.margin >= 1:
            kind, msg = "contradiction", "two shares differ by less than 1; a margin of 2 points is 0.02"
            raise PydanticCustomError(kind, msg)
        return self

    @property
    @abstractmethod
    def label(self) -> str:
        """The endpoint's name in results; the hypothesis follows it if a config has the label twice."""

    @property
    @abstractmethod
    def better_if_higher(self) -> bool:
        """Whether a higher value is better."""

    @property
    def columns(self) -> list[str]:
        """Columns of the experiment's table that the endpoint reads."""
        return []

    @property
    def needs_predictions(self) -> bool:
        """Whether the endpoint reads predictions and the truth."""
        return False

    @property
    def needs_models(self) -> bool:
        """Whether the endpoint calls the arms' models."""
        return False

    @property
    def needs_positive(self) -> bool:
        """Whether the endpoint is about one of the classes, and its config names none."""
        return False

    @abstractmethod
    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate] | None:
        """The endpoint's value in each arm, with its error; None if an arm has no case that counts.

        Raises:
            DataError: The endpoint is not defined for these rows.
        """

    def compare(self, control: Arm, treatment: Arm, design: Design) -> Contrast:
        """Compare the two arms; the verdict is left open.

        Raises:
            DataError: The endpoint is not defined for these rows.
        """
        estimates = self.estimates(control, treatment)
        if estimates is None:
            return self.unknown("an arm has no case that counts")
        return self.contrast(*estimates, design)

    def contrast(self, control: ArmEstimate, treatment: ArmEstimate, design: Design) -> Contrast:
        """Compare the estimates of the two arms; the verdict is left open."""
        values = replace(
            self.unknown(self._why_unknown(control, treatment)),
            control_n=control.subjects,
            treatment_n=treatment.subjects,
            control=control.value,
            treatment=treatment.value,
        )
        return values if values.note else self._tested(values, control, treatment, design)

    def unknown(self, why: str) -> Contrast:
        """The contrast of arms that could not be compared, and why."""
        return Contrast(self.label, self.hypothesis, self.scale, self.margin, self.better_if_higher, note=why)

    def _why_unknown(self, first: ArmEstimate, second: ArmEstimate) -> str:
        """Why the two estimates cannot be compared; empty if they can."""
        fewest = min(first.subjects, second.subjects, first.count, second.count)
        if fewest < self.minimum:
            return f"an arm has {fewest:g} subjects or cases, fewer than {self.minimum}"
        if first.unknown or second.unknown:
            return first.unknown or second.unknown
        if not all(map(math.isfinite, (first.value, first.error, second.value, second.error))):
            return "the values are too large to compute with"
        if self.scale == "ratio" and min(first.value, second.value) <= 0:
            return "a ratio needs values above 0"
        if self.scale == "ratio" and any(arm.error > LARGEST_ERROR * arm.value for arm in (first, second)):
            return "a ratio needs values with errors of less than half of them; compare the difference"
        shares = first.successes is not None and second.successes is not None and self.scale != "ratio"
        return "" if shares or first.error + second.error > 0 else "nothing varies"

    def _tested(self, values: Contrast, first: ArmEstimate, second: ArmEstimate, design: Design) -> Contrast:
        """The contrast with effect, interval, p-values and power."""
        ratio, level = self.scale == "ratio", design.nominal()
        better, worse = (second, first) if self.better_if_higher else (first, second)
        gain = log_ratio(worse, better) if ratio else difference(worse, better)
        matters = math.log1p(self.margin) if ratio else self.margin
        low, high = sorted(map(self._effect, gain.interval(1 - 2 * level)))
        tested = replace(
            values,
            effect=self._effect(gain.value),
            low=low,
            high=high,
            confidence=1 - 2 * level,
            p_superiority=gain.p_above(0.0),
            p_non_inferiority=gain.p_above(-matters),
            p_against=gain.p_below(matters if self.hypothesis == "superiority" else -matters),
        )
        return self._with_power(tested, first, second, design)

    def _with_power(
        self, tested: Contrast, first: ArmEstimate, second: ArmEstimate, design: Design
    ) -> Contrast:
        """The contrast with the power of its test, the smallest detectable effect and the subjects needed."""
        ratio, claims = self.scale == "ratio", design.claims if self.hypothesis == "superiority" else 1
        errors = (
            (first.error / first.value, second.error / second.value) if ratio else (first.error, second.error)
        )
        error, level = math.hypot(*errors), design.nominal(claims)
        if not error:
            return tested
        # Either hypothesis tests a bound that lies one margin below the difference that it hopes for.
        matters = math.log1p(self.margin) if ratio else self.margin
        deviations = (errors[0] * math.sqrt(first.subjects), errors[1] * math.sqrt(second.subjects))
        sizes = needed(matters, deviations, design.control_share, design.last(claims), design.power)
        smallest = detectable(error, level, design.power)
        return replace(
            tested,
            power=power(matters, error, first.freedom + second.freedom, level),
            detectable=math.expm1(min(smallest, LARGEST_LOG)) if ratio else smallest,
            needed_control=max(sizes[0], self.minimum) if sizes else None,
            needed_treatment=max(sizes[1], self.minimum) if sizes else None,
        )

    def _effect(self, gain: float) -> float:
        """A gain as treatment against control, on the scale."""
        effect = gain if self.better_if_higher else -gain
        return math.exp(min(effect, LARGEST_LOG)) if self.scale == "ratio" else effect


def by_label(endpoints: Sequence[Endpoint]) -> dict[str, Endpoint]:
    """The endpoints by their names in results: labels, with the hypothesis if a label is repeated.

    Raises:
        ConfigError: Two endpoints would have one name.
    """
    labels = Counter(endpoint.label for endpoint in endpoints)
    names = [f"{end.label}_{end.hypothesis}" if labels[end.label] > 1 else end.label for end in endpoints]
    named = dict(zip(names, endpoints, strict=True))
    repeated = sorted({named[name].label for name, count in Counter(names).items() if count > 1})
    if repeated:
        msg = f"endpoints: {', '.join(repeated)} stands there more than once; remove one."
        raise ConfigError(msg)
    return named
