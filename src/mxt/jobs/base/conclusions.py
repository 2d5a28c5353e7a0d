"""What the base does with what a job found: always in one order, and each step can be done again."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mxt.datasets.writers.base import Provenance
from mxt.findings import Document, Heading, Pairs, Paragraph
from mxt.findings.tags import PASSED
from mxt.findings.words import stated
from mxt.registries import latest
from mxt.reports.markdown import render

if TYPE_CHECKING:
    from mxt.findings import Findings, Output
    from mxt.findings.documents import Block
    from mxt.jobs.base.context import Context

PAGE = "page"
"""Name of a page whose job gives it none."""


def record(context: Context, findings: Findings, *, whole: bool) -> None:
    """Put findings into the run: tags, scores, tables, charts, and the page of all stages so far.

    Args:
        context: Of the job.
        findings: Those of a stage.
        whole: Whether it is the last one: then the page has the verdict in its title.
    """
    run = context.run
    run.tag(findings.tags)
    run.score({name: score for name, score in findings.scores.items() if not math.isnan(score)})
    for file, text in findings.files.items():
        run.text(text, file)
    for name, table in findings.tables.items():
        run.table(table, f"{name}.csv")
    for name, chart in findings.charts.items():
        run.chart(chart.draw, f"{name}.png")
    page = _page(context, whole=whole)
    run.text(render(page), f"{context.findings.page.name or PAGE}.md")


def conclude(context: Context) -> None:
    """Write the outputs of a job whose findings are recorded, and say on its run how it ended."""
    run, findings = context.run, context.findings
    run.text(_content(context), latest.FINDINGS_FILE)
    for output in findings.outputs:
        _write(context, output)
    context.concluded = True
    run.tag({PASSED: str(findings.passed).lower(), **({"mxt.skipped": "true"} if findings.skipped else {})})
    run.describe(render(_note(context)))


def settle(context: Context) -> None:
    """Let the version name a run that ended well as the last of its KIND, if gates may rely on it."""
    findings = context.findings
    about = findings.about or context.model
    if findings.evidence and not findings.skipped and about is not None:
        kind = type(context.job).__name__
        latest.name_last(context.client, about, kind, context.run.run_id)
        latest.describe(context.client, about)


def message(context: Context) -> str:
    """The notification of a job that came to a good end: the answer, the facts, and the run."""
    facts = ", ".join(f"{name} {stated(fact)}" for name, fact in context.facts.items() if stated(fact))
    return f"{' '.join([*context.findings.answer, facts])} (run {context.run.run_id})"


def _write(context: Context, output: Output) -> None:
    """Write an output with its provenance, and record where it went."""
    import pandas as pd

    writer, data = output.writer, output.data
    if writer is None:
        return
    provenance = Provenance({**context.provenance(output.unit).facts, **output.facts})
    with context.step(f"write {output.role} to {writer.target}"):
        if isinstance(data, pd.DataFrame):
            rows = writer.write(data, provenance)
        elif output.present is None:
            rows = writer.write_arrow(iter(data), provenance)
        else:
            rows = writer.add_arrow(iter(data), provenance, output.present)
    context.outputs[output.role] = writer.target
    context.facts[f"{output.role}_rows"] = rows


def _page(context: Context, *, whole: bool) -> Document:
    """The page of all stages so far: the answer, what the job shows, its files, and their provenance."""
    findings = context.findings
    outcome = f": {context.verdict}" if whole else ""
    answer = Document([Paragraph(sentence) for sentence in findings.answer], f"{context.title}{outcome}")
    charts = [(f"{name}.png", f"{chart.title}. {chart.sentence}") for name, chart in findings.charts.items()]
    tables = [(f"{name}.csv", f"{len(table)} rows") for name, table in findings.tables.items()]
    files: list[Block] = [Heading("Files"), Pairs([*charts, *tables])] if charts or tables else []
    origin = [(name, stated(fact)) for name, fact in context.provenance().facts.items()]
    return answer | findings.page | Document([*files, Heading("Provenance"), Pairs(origin)])


def _note(context: Context) -> Document:
    """What stands on the run's own page."""
    answer = [Paragraph(f"{context.outcome}: {' '.join(context.findings.answer)}")]
    return Document([*answer, Pairs([(name, stated(fact)) for name, fact in context.facts.items()])])


def _content(context: Context) -> str:
    """The findings as JSON, for those who read the runs of every job."""
    findings = context.findings
    about = findings.about or context.model
    content = {
        "job": type(context.job).__name__,
        "passed": findings.passed,
        "answer": list(findings.answer),
        "facts": context.facts,
        "scores": {name: score for name, score in findings.scores.items() if not math.isnan(score)},
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
        "page": _page(context, whole=True).to_dict(),
        "provenance": dict(context.provenance().facts),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> object:  # noqa: ANN401 - whatever JSON has no form for
    """A number of numpy as one of Python, and anything else as text."""
    return value.item() if hasattr(value, "item") else str(value)
