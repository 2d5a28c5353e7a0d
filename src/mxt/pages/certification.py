"""What a certification found: which criteria were met, which not, and by how much."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from mxt.findings import Document, Findings, Grid, Heading, Pairs, Paragraph
from mxt.findings.words import interval, listed, number, shortened, stated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mxt.criteria.base import Assessment, Outcome
    from mxt.findings.documents import Block

OUTCOMES: dict[Outcome, str] = {
    "PASS": "meets every criterion",
    "FAIL": "does not meet",
    "INSUFFICIENT": "cannot be judged, for too little data, by",
}
_ORDER: dict[Outcome, int] = {"FAIL": 0, "INSUFFICIENT": 1, "PASS": 2}


def assessed(
    version: str, outcome: Outcome, assessments: Sequence[Assessment], evidence: Mapping[str, pd.DataFrame]
) -> Findings:
    """The findings of a certification, which are on record before the certificate is issued.

    Args:
        version: In words.
        outcome: Of all criteria together.
        assessments: What each criterion found.
        evidence: What lies behind the assessments, by the name of a table.
    """
    import pandas as pd

    table = pd.DataFrame([asdict(found) for found in assessments]).set_index("criterion")
    open_ = [_reason(found) for found in assessments if found.outcome == outcome]
    verdict = f"{OUTCOMES[outcome]}{'' if outcome == 'PASS' else f' {listed(open_)}'}"
    return Findings(
        passed=outcome == "PASS",
        answer=[f"{outcome}: {version} {verdict}."],
        facts={found.criterion: line(found) for found in assessments},
        scores={str(name): float(value) for name, value in table["value"].dropna().items()},
        tables={**evidence, "certification": table},
        page=_page(assessments),
    )


def line(found: Assessment) -> str:
    """An assessment in one line: outcome, value, interval and target."""
    if math.isnan(found.value):
        return f"{found.outcome}, {found.note} (target: {found.target})"
    why = f" ({found.note})" if found.outcome == "INSUFFICIENT" else ""
    measured = f"{found.outcome}{why}, {number(found.value)} {_ends(found)}"
    return f"{measured}, target {_target(found)}, n {found.n}"


def issued(expires_at: str) -> str:
    """Until when a certificate counts, in a sentence."""
    return f"The certificate counts until {stated(expires_at)}."


def _page(assessments: Sequence[Assessment]) -> Document:
    """The criteria, those that are not met first, and how each was measured."""
    ranked = sorted(assessments, key=lambda found: _ORDER[found.outcome])
    rows = [
        (
            shortened(found.criterion),
            found.outcome,
            interval(found.value, found.low, found.high),
            _target(found),
            f"{found.n:,}",
        )
        for found in ranked
    ]
    notes = [(shortened(found.criterion), found.note) for found in ranked if found.note]
    blocks: list[Block] = [
        Heading("Criteria"),
        Paragraph("Behind a value stands its 95 % interval."),
        Grid(("criterion", "outcome", "value", "target", "n"), rows),
    ]
    blocks += [Heading("How they were measured"), Pairs(notes)] if notes else []
    return Document(blocks, name="certification")


def _reason(found: Assessment) -> str:
    return f"{found.criterion} ({_target(found)})"


def _target(found: Assessment) -> str:
    return f"{found.target}, missed by {number(found.missed_by)}" if found.missed_by else found.target


def _ends(found: Assessment) -> str:
    ends = [number(end) or "?" for end in (found.low, found.high)]
    return "" if ends == ["?", "?"] else f"[{ends[0]}, {ends[1]}]"
