"""The decision of a promotion: who requested it, why, and the verdict of each gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Bullets, Document, Grid, Heading, Pairs, Paragraph
from mxt.findings.words import LONGEST_REASON, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.findings.documents import Block
    from mxt.gates.base import Verdict


def decision_page(
    facts: Mapping[str, str], judged: Sequence[tuple[str, Verdict]], outside: Sequence[str] = ()
) -> Document:
    """The decision, with the gates that refused first.

    Args:
        facts: Who, when, why, from which version to which.
        judged: Each gate's name, and what it said.
        outside: Moves of the alias that no job made, each in words.
    """
    ranked = sorted(judged, key=lambda pair: pair[1].passed)
    gates = [
        (name, "PASS" if verdict.passed else "REFUSED", shortened(verdict.reason, LONGEST_REASON))
        for name, verdict in ranked
    ]
    blocks: list[Block] = [Heading("Gates"), Grid(("gate", "verdict", "reason"), gates)]
    blocks += [Heading("Request"), Pairs([*facts.items()])]
    if outside:
        blocks += [
            Heading("Moves outside MXT"),
            Paragraph("No job made these; nobody knows who did, or when."),
        ]
        blocks.append(Bullets(outside))
    return Document(blocks, name="decision")


def decision_answer(version: str, alias: str, judged: Sequence[tuple[str, Verdict]]) -> str:
    """A sentence that says whether the alias may move to a version, and why.

    Args:
        version: The version in words.
        alias: Name of the alias.
        judged: Name and verdict of each gate.
    """
    missed = [verdict.reason for _, verdict in judged if not verdict.passed]
    if missed:
        return f"{alias} does not move to {version}: {'; '.join(missed)}."
    return f"{alias} may move to {version}: {'; '.join(verdict.reason for _, verdict in judged)}."
