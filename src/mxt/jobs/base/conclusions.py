"""What the base does with the findings of a job: into the run, as a page, as JSON, as a notification."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mxt.findings import Document, Findings, Heading, Pairs, Paragraph
from mxt.findings.tags import PASSED, UNNAMED
from mxt.findings.words import stated
from mxt.reports.markdown import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.findings import Fact
    from mxt.findings.documents import Block
    from mxt.registries.versions import Pinned
    from mxt.services.base.runs import Run

PAGE = "page"
"""Name of a page whose job gives it none."""


def record(run: Run, findings: Findings, page: Document, name: str) -> None:
    """Put a stage into the run: tags, scores, tables, charts, and the page of all stages so far.

    Args:
        run: Where they go.
        findings: Of the stage.
        page: Of all stages so far.
        name: Of the page's file, without its ending; `PAGE` if it is empty.
    """
    run.tag(findings.tags)
    run.score(_known(findings.scores))
    for file, text in findings.files.items():
        run.text(text, file)
    for title, table in findings.tables.items():
        run.table(table, f"{title}.csv")
    for title, chart in findings.charts.items():
        run.chart(chart.draw, f"{title}.png")
    run.text(render(page), f"{name or PAGE}.md")


def end(run: Run, findings: Findings, facts: Mapping[str, Fact], outcome: str, about: Pinned | None) -> None:
    """Say on the run how its job ended, and which version has yet to name it."""
    skipped = {"mxt.skipped": "true"} if findings.skipped else {}
    version = evidence(findings, about)
    left = {} if version is None else {UNNAMED: version.uri}
    run.tag({PASSED: str(findings.passed).lower(), **skipped, **left})
    answer = [Paragraph(f"{outcome}: {' '.join(findings.answer)}")]
    run.describe(render(Document([*answer, Pairs([(name, stated(fact)) for name, fact in facts.items()])])))


def evidence(findings: Findings, about: Pinned | None) -> Pinned | None:
    """The version about which gates may rely on the findings; None if they may not."""
    return about if findings.evidence and not findings.skipped else None


def nothing_to_do(why: str, **values: object) -> Findings:
    """The findings of a job that has nothing to do, and why.

    Args:
        why: As a sentence without its stop.
        values: What else the Locals hold.
    """
    answer, facts = [f"There is nothing to do: {why}."], {"nothing_to_do": why}
    return Findings(passed=True, answer=answer, facts=facts, skipped=why, values=values)


def message(findings: Findings, facts: Mapping[str, Fact], run_id: str) -> str:
    """The notification of a job that came to a good end: the answer, the facts, and the run."""
    shown = ", ".join(f"{name} {stated(fact)}" for name, fact in facts.items() if stated(fact))
    return f"{' '.join([*findings.answer, shown])} (run {run_id})"


def page(title: str, findings: Findings, origin: Mapping[str, str]) -> Document:
    """The page of findings: the answer, what the job shows, its files, and their provenance."""
    answer = Document([Paragraph(sentence) for sentence in findings.answer], title)
    charts = [(f"{name}.png", f"{chart.title}. {chart.sentence}") for name, chart in findings.charts.items()]
    tables = [(f"{name}.csv", f"{len(table)} rows") for name, table in findings.tables.items()]
    files: list[Block] = [Heading("Files"), Pairs([*charts, *tables])] if charts or tables else []
    facts = [(name, stated(fact)) for name, fact in origin.items()]
    return answer | findings.page | Document([*files, Heading("Provenance"), Pairs(facts)])


def content(
    findings: Findings, facts: Mapping[str, Fact], whole: Document, about: Pinned | None
) -> dict[str, object]:
    """The findings for those who read the runs of every job.

    Args:
        findings: Of all stages.
        facts: Those of the job, which hold what the base knows too.
        whole: The page.
        about: The version that they are about.
    """
    return {
        "passed": findings.passed,
        "answer": list(findings.answer),
        "facts": dict(facts),
        "scores": _known(findings.scores),
        "tags": dict(findings.tags),
        "tables": [f"{name}.csv" for name in findings.tables],
        "charts": [
            {
                "file": f"{name}.png",
                "title": chart.title,
                "sentence": chart.sentence,
                "table": f"{chart.table}.csv",
            }
            for name, chart in findings.charts.items()
        ],
        "outputs": {output.role: output.writer.target for output in findings.outputs if output.writer},
        "about": None if about is None else {"model": about.name, "version": about.version},
        "evidence": findings.evidence,
        "skipped": findings.skipped,
        "next": list(findings.next),
        "page": whole.to_dict(),
    }


def as_json(content: Mapping[str, object]) -> str:
    """A content as JSON: numbers of numpy become numbers, and what JSON has no form for becomes text."""
    return json.dumps(content, indent=1, ensure_ascii=False, default=_plain)


def _known(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores that are numbers."""
    return {name: score for name, score in scores.items() if not math.isnan(score)}


def _plain(value: Any) -> object:  # noqa: ANN401 - whatever JSON has no form for
    return value.item() if hasattr(value, "item") else str(value)
