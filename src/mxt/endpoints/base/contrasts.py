"""Contrasts of two arms by an endpoint, and the verdicts that follow from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from mxt.stats.corrections import step_down
from mxt.stats.verdicts import every

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.endpoints.base.designs import Design

Hypothesis: TypeAlias = Literal["superiority", "non_inferiority"]
Scale: TypeAlias = Literal["difference", "ratio"]
Answer: TypeAlias = Literal["yes", "no", "inconclusive"]
_VERDICTS: dict[Answer, bool | None] = {"yes": True, "no": False, "inconclusive": None}


@dataclass(frozen=True)
class Contrast:
    """Two arms compared by one endpoint; a number is NaN where it could not be computed."""

    endpoint: str
    hypothesis: Hypothesis
    scale: Scale
    margin: float
    higher_is_better: bool
    control_n: int = 0
    """Number of subjects of the control arm, or of timed calls, behind its value."""
    treatment_n: int = 0
    """Number of subjects of the treatment arm, or of timed calls, behind its value."""
    control: float = math.nan
    treatment: float = math.nan
    effect: float = math.nan
    """Treatment less control, or treatment over control."""
    low: float = math.nan
    """Lower end of the interval of the effect; a single test changes its verdict at the ends."""
    high: float = math.nan
    """Upper end of the interval of the effect."""
    confidence: float = math.nan
    """Confidence of the interval: 1 less twice the level of a single test."""
    p_superiority: float = math.nan
    """p-value of the null hypothesis that the treatment is no better."""
    p_non_inferiority: float = math.nan
    """p-value of the null hypothesis that the treatment is worse by the margin or more."""
    p_against: float = math.nan
    """p-value of the null hypothesis that what is to be shown holds by a difference that matters."""
    power: float = math.nan
    """Chance of a yes if the treatment is better by the margin, or for non-inferiority just as good.

    Of several claims of superiority, the power of the first one that Holm's method tests, which is the least.
    """
    detectable: float = math.nan
    """The smallest gain over the tested bound that has the wanted power, on the scale."""
    needed_control: int | None = None
    """Subjects of the control arm that the wanted power needs, at the last look if there are several."""
    needed_treatment: int | None = None
    """Subjects of the treatment arm that the wanted power needs, at the last look if there are several."""
    level: float = math.nan
    """What the p-value of the hypothesis is compared with, after correction for looks and other claims."""
    verdict: Answer = "inconclusive"
    note: str = ""
    """Why the arms could not be compared; empty if they were."""
    positive: str = ""
    """The class that the values are about; empty if they are about none, or nothing was compared."""

    @property
    def p_value(self) -> float:
        """The p-value of the endpoint's own hypothesis."""
        return self.p_superiority if self.hypothesis == "superiority" else self.p_non_inferiority


def with_verdicts(contrasts: Sequence[Contrast], design: Design) -> list[Contrast]:
    """The contrasts with their levels and verdicts.

    Claims of superiority are corrected for their number by stepping down (Holm). Non-inferiority needs no
    correction, since the experiment says yes only if all of it holds.
    """
    alone = design.nominal()
    claims = [part.hypothesis == "superiority" and not math.isnan(part.p_superiority) for part in contrasts]
    p_values = [part.p_superiority for part, claim in zip(contrasts, claims, strict=True) if claim]
    levels = iter(step_down(p_values, design.nominal))
    return [
        _with_verdict(contrast, next(levels) if claim else alone, alone)
        for contrast, claim in zip(contrasts, claims, strict=True)
    ]


def _with_verdict(contrast: Contrast, level: float, alone: float) -> Contrast:
    if math.isnan(contrast.effect):
        return contrast
    against: Answer = "no" if contrast.p_against <= alone else "inconclusive"
    return replace(contrast, level=level, verdict="yes" if contrast.p_value <= level else against)


def overall(contrasts: Sequence[Contrast]) -> Answer:
    """Yes if the verdict of every contrast is yes, no if one is no, else inconclusive."""
    holds = every(_VERDICTS[contrast.verdict] for contrast in contrasts)
    return next(answer for answer, meaning in _VERDICTS.items() if meaning is holds)
