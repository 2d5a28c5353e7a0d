"""What the comparison of two arms found, and what follows from it."""

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
_ANSWERS: dict[bool | None, Answer] = {True: "yes", False: "no", None: "inconclusive"}


@dataclass(frozen=True)
class Contrast:
    """One endpoint of an experiment; numbers are NaN where nothing can be told."""

    endpoint: str
    hypothesis: Hypothesis
    scale: Scale
    margin: float
    higher_is_better: bool
    control_n: int = 0
    """Subjects, or calls, of the control arm that the comparison rests on."""
    treatment_n: int = 0
    control: float = math.nan
    treatment: float = math.nan
    effect: float = math.nan
    """Treatment less control, or treatment over control."""
    low: float = math.nan
    """Lower end of its interval: the interval's ends are where a single test changes its mind."""
    high: float = math.nan
    confidence: float = math.nan
    """Of the interval: twice the level that one test is held against, less than 1."""
    p_superiority: float = math.nan
    """Of the null that the treatment is no better."""
    p_non_inferiority: float = math.nan
    """Of the null that the treatment is worse by the margin or more."""
    p_against: float = math.nan
    """Of the null that the hypothesis could hold with a difference that matters."""
    power: float = math.nan
    """Chance of a yes: if the treatment is better by the margin, or for non-inferiority just as good.

    Of several claims of superiority it is that of the first that Holm's method looks at, so at least that.
    """
    detectable: float = math.nan
    """The smallest gain over the bound tested that would be found with the wanted power, on the scale."""
    needed_control: int | None = None
    """Subjects of the control arm that the wanted power needs, at the last look if there are several."""
    needed_treatment: int | None = None
    level: float = math.nan
    """What the p-value of the hypothesis is held against, after looks and other claims."""
    verdict: Answer = "inconclusive"
    note: str = ""
    positive: str = ""
    """The class that the values are about; empty if they are about none, or nothing was compared."""

    @property
    def p_value(self) -> float:
        """That of the hypothesis."""
        return self.p_superiority if self.hypothesis == "superiority" else self.p_non_inferiority


def decided(findings: Sequence[Contrast], plan: Design) -> list[Contrast]:
    """The findings with their verdicts.

    Claims of superiority are corrected for their number by stepping down (Holm). Non-inferiority needs no
    correction, since the experiment says yes only if all of it holds.
    """
    claims = [
        place
        for place, found in enumerate(findings)
        if found.hypothesis == "superiority" and not math.isnan(found.p_superiority)
    ]
    held = step_down([findings[place].p_superiority for place in claims], plan.nominal)
    levels = dict(zip(claims, held, strict=True))
    return [
        _decided(found, levels.get(place, plan.nominal()), plan.nominal())
        for place, found in enumerate(findings)
    ]


def _decided(found: Contrast, level: float, alone: float) -> Contrast:
    if math.isnan(found.effect):
        return found
    verdict: Answer = (
        "yes" if found.p_value <= level else "no" if found.p_against <= alone else "inconclusive"
    )
    return replace(found, level=level, verdict=verdict)


def together(findings: Sequence[Contrast]) -> Answer:
    """Yes if every endpoint says so, no if any says no."""
    known = {answer: verdict for verdict, answer in _ANSWERS.items()}
    return _ANSWERS[every(known[found.verdict] for found in findings)]
