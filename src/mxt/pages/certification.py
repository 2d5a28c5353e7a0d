"""The findings of a certification: which criteria were met, which were not, and by how much."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from mxt.findings import Document, Findings, Grid, Heading, Pairs, Paragraph
from mxt.findings.words import interval, listed, number, shortened, stated
from mxt.schemas.captions import NO_CAPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mxt.criteria.base import Assessment, Outcome
    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions

OUTCOMES: dict[Outcome, str] = {
    "PASS": "meets every criterion",
    "FAIL": "does not meet",
    "INSUFFICIENT": "cannot be judged, for too little data, by",
}
_ORDER: dict[Outcome, int] = {"FAIL": 0, "INSUFFICIENT": 1, "PASS": 2}


def assessed(
    version: str,
    outcome: Outcome,
    assessments: Sequence[Assessment],
    evidence: Mapping[str, pd.DataFrame],
    captions: Captions = NO_CAPTIONS,
) -> Findings:
    """The findings of a certification, which are recorded before the certificate is issued.

    Args:
        version: The version in words.
        outcome: Outcome of all criteria together.
        assessments: One or more assessments for each criterion.
        evidence: Tables that the assessments rest on, by name.
        captions: How people call the columns that criteria of groups are about.
    """
    import pandas as pd

    table = pd.DataFrame([asdict(assessment) for assessment in assessments]).set_index("criterion")
    called = _called(evidence, captions)
    shown = [_named(assessment, called) for assessment in assessments]
    open_ = [_reason(assessment) for assessment in shown if assessment.outcome == outcome]
    verdict = f"{OUTCOMES[outcome]}{'' if outcome == 'PASS' else f' {listed(open_)}'}"
    return Findings(
        passed=outcome == "PASS",
        answer=[f"{outcome}: {version} {verdict}."],
        facts={assessment.criterion: line(assessment) for assessment in assessments},
        scores={str(name): float(value) for name, value in table["value"].dropna().items()},
        tables={**evidence, "certification": table},
        page=_page(shown),
    )


def line(assessment: Assessment) -> str:
    """An assessment in one line: outcome, value, interval and target."""
    if math.isnan(assessment.value):
        return f"{assessment.outcome}, {assessment.note} (target: {assessment.target})"
    why = f" ({assessment.note})" if assessment.outcome == "INSUFFICIENT" else ""
    measured = f"{assessment.outcome}{why}, {number(assessment.value)} {_ends(assessment)}"
    return f"{measured}, target {_target(assessment)}, n {assessment.n}"


def issued(expires_at: str) -> str:
    """A sentence that says until when a certificate is valid."""
    return f"The certificate counts until {stated(expires_at)}."


def _page(assessments: Sequence[Assessment]) -> Document:
    """The page: the criteria, unmet ones first, and notes on how they were measured."""
    ranked = sorted(assessments, key=lambda assessment: _ORDER[assessment.outcome])
    rows = [
        (
            shortened(assessment.criterion),
            assessment.outcome,
            interval(assessment.value, assessment.low, assessment.high),
            _target(assessment),
            f"{assessment.n:,}",
        )
        for assessment in ranked
    ]
    notes = [(shortened(assessment.criterion), assessment.note) for assessment in ranked if assessment.note]
    blocks: list[Block] = [
        Heading("Criteria"),
        Paragraph("Behind a value stands its 95 % interval."),
        Grid(("criterion", "outcome", "value", "target", "n"), rows),
    ]
    blocks += [Heading("How they were measured"), Pairs(notes)] if notes else []
    return Document(blocks, name="certification")


def _called(evidence: Mapping[str, pd.DataFrame], captions: Captions) -> dict[str, str]:
    """What the columns of groups are called, by the ends of the names of criteria that are about them."""
    if not captions or "fairness" not in evidence:
        return {}
    names = [str(name) for name in evidence["fairness"].index.unique()]
    called = {
        name: captions.column(name)
        if name in captions.columns
        else " and ".join(map(captions.column, name.split(" and ")))
        for name in names
    }
    return {f"_{re.sub(r'[^0-9A-Za-z_]', '_', name)}": text for name, text in called.items() if text != name}


def _named(assessment: Assessment, called: Mapping[str, str]) -> Assessment:
    """An assessment whose criterion ends with the captions of its groups."""
    name = assessment.criterion
    end = max((end for end in called if name.endswith(end)), key=len, default="")
    return replace(assessment, criterion=f"{name.removesuffix(end)} of {called[end]}") if end else assessment


def _reason(assessment: Assessment) -> str:
    return f"{assessment.criterion} ({_target(assessment)})"


def _target(assessment: Assessment) -> str:
    return (
        f"{assessment.target}, missed by {number(assessment.missed_by)}"
        if assessment.missed_by
        else assessment.target
    )


def _ends(assessment: Assessment) -> str:
    ends = [number(end) or "?" for end in (assessment.low, assessment.high)]
    return "" if ends == ["?", "?"] else f"[{ends[0]}, {ends[1]}]"
