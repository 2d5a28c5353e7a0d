"""A promotion's decision: a page that says who asked, why, and what each gate said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.reports.markdown import cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.gates.base import Verdict


def decision(
    facts: Mapping[str, str], judged: Sequence[tuple[str, Verdict]], outside: Sequence[str] = ()
) -> str:
    """The page, in Markdown.

    Args:
        facts: Who, when, why, from which version to which.
        judged: Each gate's name, and what it said.
        outside: Moves of the alias that no job made, each in words.
    """
    passed = all(verdict.passed for _, verdict in judged)
    lines = [f"# Promotion {'granted' if passed else 'refused'}", "", "| what | value |", "| --- | --- |"]
    lines += [f"| {key} | {cell(value)} |" for key, value in facts.items()]
    lines += ["", "## Gates", "", "| gate | verdict | reason |", "| --- | --- | --- |"]
    lines += [
        f"| {name} | {'PASS' if verdict.passed else 'REFUSED'} | {cell(verdict.reason)} |"
        for name, verdict in judged
    ]
    if outside:
        lines += ["", "## Moves outside MXT", "", "No job made these; nobody knows who did, or when.", ""]
        lines += [f"- {told}" for told in outside]
    return "\n".join(lines) + "\n"
