"""What an A/B test found: a page of text and tables, and one figure of all endpoints."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from mxt.findings import Bullets, Chart, Document, Findings, Grid, Heading, Pairs, Paragraph
from mxt.findings.words import LONGEST_LABEL, interval, number, p_value, shortened, stated
from mxt.pages.positives import positive_fact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mxt.endpoints.base.contrasts import Contrast
    from mxt.endpoints.base.designs import Design
    from mxt.findings import Fact
    from mxt.findings.documents import Block

MARKS = {"yes": "o", "no": "X", "inconclusive": "D"}
"""The shape of a verdict, so that nobody needs colours."""
LONGEST_NAME = 200
"""MLflow takes 250 characters; what is measured follows the name."""
ROW_INCHES, WIDE_INCHES = 1.3, 8.0
LEADING = 3
"""Endpoints that the answer names."""


def ab_test_findings(
    findings: Sequence[Contrast], verdict: str, plan: Design, arms: str, facts: Mapping[str, Fact]
) -> Findings:
    """All that an experiment found.

    Args:
        findings: One of each endpoint.
        verdict: Of the whole test.
        plan: How the endpoints were tested.
        arms: The arms in words, the treatment first.
        facts: Those of `check_split`.
    """
    results = results_table(findings)
    return Findings(
        passed=verdict == "yes",
        answer=_answer(findings, verdict, arms, facts),
        facts={"verdict": verdict, **_lines(findings)},
        scores=_scores(findings),
        tables={"ab_test": results},
        charts=_charts(findings),
        page=_page(findings, plan, facts),
        values={"verdict": verdict, "findings": findings, "results": results},
    )


def _answer(findings: Sequence[Contrast], verdict: str, arms: str, facts: Mapping[str, Fact]) -> list[str]:
    """Which arms were compared, the verdict, and what each endpoint says."""
    answer = [f"{arms}: {verdict}."]
    if "mismatch" in facts:
        return [*answer, f"Mismatch: {facts['mismatch']}."]
    return [*answer, *(f"{shortened(found.endpoint)}: {_line(found)}." for found in findings[:LEADING])]


def _page(findings: Sequence[Contrast], plan: Design, facts: Mapping[str, Fact]) -> Document:
    """The endpoints, those that fail first, what the experiment could see, and how to read it."""
    order = {"no": 0, "inconclusive": 1, "yes": 2}
    ranked = sorted(findings, key=lambda found: order[found.verdict])
    heads = ("endpoint", "verdict", "control and treatment", "effect", "p")
    sights = ("endpoint", "margin", "power", "smallest effect", "subjects needed")
    return Document(
        [
            Heading("Endpoints"),
            Grid(heads, [_row(found) for found in ranked]),
            *_notes(ranked),
            Heading("Arms"),
            Paragraph(_split(facts)),
            Heading("What the experiment could see"),
            Grid(sights, [_sight(found) for found in ranked]),
            Heading("How to read it"),
            Bullets(_legend(findings, plan)),
        ],
        name="ab_test",
    )


def _charts(findings: Sequence[Contrast]) -> dict[str, Chart]:
    """The intervals of the endpoints that could be compared, by name; none if there is none."""
    if all(math.isnan(found.effect) for found in findings):
        return {}
    sentence = (
        "The interval of each endpoint beside no effect, a solid line, and the margin, a dashed one. A round "
        "dot is a yes, a cross a no, a diamond inconclusive."
    )
    title = "Treatment against control"
    return {"ab_test": Chart(title, sentence, "ab_test", lambda figure: draw_effects(figure, findings))}


def results_table(findings: Sequence[Contrast]) -> pd.DataFrame:
    """A row for each endpoint, indexed by it; `positive` is the class it is about, if any is about one."""
    import pandas as pd

    table = pd.DataFrame([asdict(found) for found in findings]).set_index("endpoint")
    if not table["positive"].any():
        table = table.drop(columns="positive")
    return table.astype({"needed_control": "float64", "needed_treatment": "float64"})


def _scores(findings: Sequence[Contrast]) -> dict[str, float]:
    """The numbers of the findings that are known, by names that MLflow takes."""
    return {
        f"{_safe(found.endpoint)}_{name}": getattr(found, name)
        for found in findings
        for name in ("control", "treatment", "effect", "p_superiority", "p_non_inferiority")
        if not math.isnan(getattr(found, name))
    }


def _safe(name: str) -> str:
    """A name that MLflow takes: a slash could make a path that leaves its folder."""
    return re.sub(r"^\.+", "_", re.sub(r"[^\w. -]", "_", name))[-LONGEST_NAME:]


def _lines(findings: Sequence[Contrast]) -> dict[str, str]:
    """The class that the findings are about, if they are about one, and each finding in one line."""
    about = {found.endpoint: found.positive for found in findings if found.positive}
    return positive_fact(about) | {found.endpoint: _line(found) for found in findings}


def _line(found: Contrast) -> str:
    if math.isnan(found.effect):
        return f"{found.verdict}: {found.note}"
    sure = f"{found.low:.4g} to {found.high:.4g}"
    told = f"{found.verdict}: {found.control:.4g} to {found.treatment:.4g}, {found.scale} {found.effect:.4g}"
    needs = ""
    if found.verdict == "inconclusive" and found.needed_control and found.needed_control > found.control_n:
        needs = f"; needs {found.needed_control} and {found.needed_treatment} subjects"
    return f"{told} ({sure}){needs}"


def draw_effects(figure: Figure, findings: Sequence[Contrast]) -> None:
    """The interval of each endpoint beside no effect and the margin; the shape of the dot is the verdict."""
    shown = [found for found in findings if not math.isnan(found.effect)]
    figure.set_size_inches(WIDE_INCHES, ROW_INCHES * len(shown) + 0.6)
    grid = figure.subplots(len(shown), 1, squeeze=False)
    for axes, found in zip(grid.flat, shown, strict=True):
        _draw(axes, found)
    figure.suptitle("Treatment against control: solid line no effect, dashed line the margin", fontsize=10)


def _draw(axes: Axes, found: Contrast) -> None:
    """One endpoint; what is better lies to the side that the label names."""
    reach = [[found.effect - found.low], [found.high - found.effect]]
    axes.errorbar([found.effect], [0], xerr=reach, fmt=MARKS[found.verdict], color="black", capsize=4)
    axes.axvline(1.0 if found.scale == "ratio" else 0.0, color="black", linewidth=1)
    axes.axvline(_limit(found), color="black", linewidth=1, linestyle="--")
    axes.set_yticks([0], [shortened(found.endpoint, LONGEST_LABEL)])
    axes.set_ylim(-1, 1)
    better = "higher" if found.higher_is_better else "lower"
    words = f"{found.hypothesis.replace('_', '-')}: {found.verdict}"
    axes.set_title(f"{words} ({found.scale}, {better} is better)", fontsize=9, loc="left")


def _limit(found: Contrast) -> float:
    """Where the margin lies: the harm that is refused, or the gain worth finding."""
    up = found.higher_is_better == (found.hypothesis == "superiority")
    if found.scale == "ratio":
        return 1 + found.margin if up else 1 / (1 + found.margin)
    return found.margin if up else -found.margin


def _split(facts: Mapping[str, Fact]) -> str:
    control, treatment = (stated(facts[f"{arm}_subjects"]) for arm in ("control", "treatment"))
    chance = p_value(float(facts["mismatch_p"] or 0))
    split = f"The control arm had {control} subjects, the treatment arm {treatment}"
    split += f" (p {chance} under the planned shares)."
    if "same_version" in facts:
        split += f" Both arms were served by version {facts['treatment_version']}: an A/A test."
    return split


def _row(found: Contrast) -> tuple[str, ...]:
    name = shortened(found.endpoint)
    if found.positive:
        name += f" of class {shortened(found.positive)}"
    arms = f"{_number(found.control)} and {_number(found.treatment)}"
    if math.isnan(found.effect):
        return name, found.verdict, arms, "", ""
    effect = f"{found.scale} {interval(found.effect, found.low, found.high)}"
    return name, found.verdict, arms, effect, f"{p_value(found.p_value)} (level {number(found.level, 3)})"


def _notes(findings: Sequence[Contrast]) -> list[Block]:
    """Why endpoints could not be compared."""
    notes = [(shortened(found.endpoint), found.note) for found in findings if math.isnan(found.effect)]
    return [Pairs(notes)] if notes else []


def _sight(found: Contrast) -> tuple[str, ...]:
    sizes = ""
    if found.needed_control is not None and found.needed_treatment is not None:
        sizes = f"{found.needed_control:,} + {found.needed_treatment:,}"
    margin = f"{found.margin:g} ({found.hypothesis.replace('_', '-')})"
    return shortened(found.endpoint), margin, _number(found.power), _number(found.detectable), sizes


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _legend(findings: Sequence[Contrast], plan: Design) -> list[str]:
    claims = sum(found.hypothesis == "superiority" for found in findings)
    lines = [
        f"Behind an effect stands its {100 * (1 - 2 * plan.nominal()):.5g} % interval.",
        f"Tests are one-sided at level {plan.level:g}; an interval ends where one test changes its mind.",
        "A test says yes if its p-value is below its level.",
        "Power is the chance of a yes if the treatment is better by the margin.",
        "Power of non-inferiority is that of a treatment that is just as good.",
        f"Needed are the subjects, control + treatment, for power {plan.power:g}.",
        "The verdict is yes if every hypothesis holds, no if one is shown to fail.",
    ]
    if claims > 1:
        lines.append(
            f"The {claims} claims of superiority keep the level together (Holm, stepping down). "
            "Their intervals are those of a single test; their power, smallest effects and needed subjects "
            f"are those at {plan.nominal(claims):.3g}, which the first of them is held against."
        )
    if plan.looks is not None:
        name = plan.looks.spending.replace("_", "-")
        told = f"This is look {plan.looks.look} of {plan.looks.planned}, with {name} spending of the level"
        lines.append(f"{told} (Lan and DeMets): one test at this look is held against {plan.nominal():.3g}.")
    return lines
