"""What every endpoint does: estimate each arm, compare the two, and tell what the experiment could see."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.endpoints.base.findings import Finding, Hypothesis, Scale
from mxt.errors import ConfigError
from mxt.kinds import Kind
from mxt.stats.differences import difference, log_ratio
from mxt.stats.power import detectable, needed, power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.endpoints.base.arms import Arm
    from mxt.endpoints.base.plans import Plan
    from mxt.stats.arms import ArmEstimate

SUREST_SHARE = 0.5
"""The share of a value that its error may have in a ratio: beyond, the delta method tells nothing."""
LARGEST_LOG = 700.0
"""The exponential of more is no double."""


class Endpoint(Kind, ABC):
    """Something that the treatment must be better at than the control, or not worse."""

    of_shares: ClassVar[bool] = False
    """Whether the two values lie between 0 and 1."""

    hypothesis: Hypothesis = "non_inferiority"
    """What must be shown: that the treatment is better, or that it is not worse by the margin."""

    margin: Annotated[float, Field(gt=0)]
    """The smallest difference that matters, on the scale: a loss that is harm, a gain worth finding. Of a
    ratio it is what exceeds 1, so 0.1 is a factor of 1.1 either way."""

    scale: Scale = "difference"
    """Compare treatment less control, or treatment over control."""

    minimum: Annotated[int, Field(ge=2)] = 30
    """Fewer subjects, or cases that count, in an arm are too few to tell."""

    @model_validator(mode="after")
    def _margin_of_shares(self) -> Self:
        if self.of_shares and self.scale == "difference" and self.margin >= 1:
            kind, told = "contradiction", "two shares differ by less than 1; a margin of 2 points is 0.02"
            raise PydanticCustomError(kind, told)
        return self

    @property
    @abstractmethod
    def label(self) -> str:
        """The name that the finding is logged under, with the hypothesis after it if both are asked."""

    @property
    @abstractmethod
    def better_if_higher(self) -> bool:
        """Whether a higher value is better."""

    @property
    def columns(self) -> list[str]:
        """Columns that the endpoint looks at."""
        return []

    @property
    def needs_predictions(self) -> bool:
        """Whether it asks for predictions and the truth."""
        return False

    @property
    def needs_models(self) -> bool:
        """Whether it asks for the models themselves."""
        return False

    @property
    def needs_positive(self) -> bool:
        """Whether it is about one of the classes, and its config names none."""
        return False

    @abstractmethod
    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate] | None:
        """What each arm tells; None if an arm has no case that counts.

        Raises:
            DataError: The endpoint is not defined for these rows.
        """

    def compare(self, control: Arm, treatment: Arm, plan: Plan) -> Finding:
        """Compare the two arms; the verdict is left open.

        Raises:
            DataError: The endpoint is not defined for these rows.
        """
        estimates = self.estimates(control, treatment)
        return self.weigh(*estimates, plan) if estimates else self.untold("an arm has no case that counts")

    def weigh(self, control: ArmEstimate, treatment: ArmEstimate, plan: Plan) -> Finding:
        """Compare the estimates of the two arms; the verdict is left open."""
        shown = replace(
            self.untold(self._lack(control, treatment)),
            control_n=control.subjects,
            treatment_n=treatment.subjects,
            control=control.value,
            treatment=treatment.value,
        )
        return shown if shown.note else self._weighed(shown, control, treatment, plan)

    def untold(self, why: str) -> Finding:
        """The finding that nothing can be told, and why."""
        return Finding(self.label, self.hypothesis, self.scale, self.margin, self.better_if_higher, note=why)

    def _lack(self, first: ArmEstimate, second: ArmEstimate) -> str:
        """Why nothing can be told of these, if so."""
        fewest = min(first.subjects, second.subjects, first.count, second.count)
        if fewest < self.minimum:
            return f"an arm has {fewest:g} subjects or cases, fewer than {self.minimum}"
        if first.unknown or second.unknown:
            return first.unknown or second.unknown
        if not all(map(math.isfinite, (first.value, first.error, second.value, second.error))):
            return "the values are too large to compute with"
        if self.scale == "ratio" and min(first.value, second.value) <= 0:
            return "a ratio needs values above 0"
        if self.scale == "ratio" and any(arm.error > SUREST_SHARE * arm.value for arm in (first, second)):
            return "a ratio needs values with errors of less than half of them; compare the difference"
        shares = first.successes is not None and second.successes is not None and self.scale != "ratio"
        return "" if shares or first.error + second.error > 0 else "nothing varies"

    def _weighed(self, shown: Finding, first: ArmEstimate, second: ArmEstimate, plan: Plan) -> Finding:
        ratio, level = self.scale == "ratio", plan.nominal()
        better, worse = (second, first) if self.better_if_higher else (first, second)
        gain = log_ratio(worse, better) if ratio else difference(worse, better)
        matters = math.log1p(self.margin) if ratio else self.margin
        low, high = sorted(map(self._effect, gain.interval(1 - 2 * level)))
        found = replace(
            shown,
            effect=self._effect(gain.value),
            low=low,
            high=high,
            confidence=1 - 2 * level,
            p_superiority=gain.p_above(0.0),
            p_non_inferiority=gain.p_above(-matters),
            p_against=gain.p_below(matters if self.hypothesis == "superiority" else -matters),
        )
        return self._foreseen(found, first, second, plan)

    def _foreseen(self, found: Finding, first: ArmEstimate, second: ArmEstimate, plan: Plan) -> Finding:
        """The finding, with what the experiment could see."""
        ratio, claims = self.scale == "ratio", plan.claims if self.hypothesis == "superiority" else 1
        errors = (
            (first.error / first.value, second.error / second.value) if ratio else (first.error, second.error)
        )
        error, level = math.hypot(*errors), plan.nominal(claims)
        if not error:
            return found
        # Both hypotheses test a bound that lies one margin below the difference they hope for.
        matters = math.log1p(self.margin) if ratio else self.margin
        deviations = (errors[0] * math.sqrt(first.subjects), errors[1] * math.sqrt(second.subjects))
        sizes = needed(matters, deviations, plan.control_share, plan.last(claims), plan.power)
        smallest = detectable(error, level, plan.power)
        return replace(
            found,
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
    """The endpoints by the names that they are told under: labels, with the hypothesis if one is repeated.

    Raises:
        ConfigError: Two would be told under one name.
    """
    labels = [endpoint.label for endpoint in endpoints]
    names = [
        f"{end.label}_{end.hypothesis}" if labels.count(end.label) > 1 else end.label for end in endpoints
    ]
    repeated = sorted(
        {end.label for end, name in zip(endpoints, names, strict=True) if names.count(name) > 1}
    )
    if repeated:
        msg = f"endpoints: {', '.join(repeated)} stands there more than once; remove one."
        raise ConfigError(msg)
    return dict(zip(names, endpoints, strict=True))
