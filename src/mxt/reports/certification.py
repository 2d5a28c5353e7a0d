"""What a certification found: a page that says which criteria were met, which not, and by how much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.reports.markdown import cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.criteria.base import Assessment, Outcome

OUTCOMES: dict[Outcome, str] = {
    "PASS": "Every criterion was met.",
    "FAIL": "At least one criterion was not met.",
    "INSUFFICIENT": "There is too little data to tell.",
}


def summary(model: str, outcome: Outcome, assessments: Sequence[Assessment], expires_at: str) -> str:
    """A Markdown page.

    Args:
        model: Which version, in words.
        outcome: Of all criteria together.
        assessments: What each criterion found.
        expires_at: Until when the certificate counts.
    """
    lines = [
        f"# {outcome}: {model}",
        "",
        f"{OUTCOMES[outcome]} The certificate counts until {expires_at}.",
        "",
    ]
    lines += ["| criterion | outcome | value | 95 % interval | target | n | how |"]
    lines += ["| --- | --- | ---: | --- | --- | ---: | --- |"]
    for found in assessments:
        cells = [found.criterion, found.outcome, _number(found.value), _interval(found), _target(found)]
        lines.append(f"| {' | '.join(map(cell, [*cells, str(found.n), found.note]))} |")
    return "\n".join(lines) + "\n"


def told(found: Assessment) -> str:
    """An assessment in one line: outcome, value, interval and target."""
    if math.isnan(found.value):
        return f"{found.outcome}, {found.note} (target: {found.target})"
    why = f" ({found.note})" if found.outcome == "INSUFFICIENT" else ""
    measured = f"{found.outcome}{why}, {_number(found.value)} {_interval(found)}"
    return f"{measured}, target {_target(found)}, n {found.n}"


def _target(found: Assessment) -> str:
    return f"{found.target}, missed by {_number(found.missed_by)}" if found.missed_by else found.target


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"


def _interval(found: Assessment) -> str:
    ends = [_number(end) or "?" for end in (found.low, found.high)]
    return "" if ends == ["?", "?"] else f"[{ends[0]}, {ends[1]}]"
