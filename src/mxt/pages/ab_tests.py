"""The findings of an A/B test: its answer, a table, a page, and a chart of all endpoints."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from functools import partial
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
"""The mark of each verdict in a chart, so that no colours are needed."""
LONGEST_NAME = 200
"""The most characters of an endpoint in the name of a metric; MLflow allows 250 for the whole name."""
ROW_INCHES, WIDE_INCHES = 1.3, 8.0
LEADING = 3
"""Number of endpoints that the answer names."""


def ab_test_findings(
    findings: Sequence[Contrast], verdict: str, plan: Design, arms: str, facts: Mapping[str, Fact]
) -> Findings:
    """The findings of an A/B test.

    Args:
        findings: One contrast for each endpoint.
        verdict: Verdict of the whole test.
        plan: How the endpoints were tested.
        arms: The arms in words, the treatment first.
        facts: Facts about the sizes of the arms, from `check_split`.
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
    """The arms, the verdict, and the leading endpoints, each in a sentence."""
    answer = [f"{arms}: {verdict}."]
    if "mismatch" in facts:
        return [*answer, f"Mismatch: {facts['mismatch']}."]
    shown = findings[:LEADING]
    return [*answer, *(f"{shortened(contrast.endpoint)}: {_line(contrast)}." for contrast in shown)]


def _page(findings: Sequence[Contrast], plan: Design, facts: Mapping[str, Fact]) -> Document:
    """The page: endpoints (failed ones first), arms, power, and how to read it all."""
    order = {"no": 0, "inconclusive": 1, "yes": 2}
    ranked = sorted(findings, key=lambda contrast: order[contrast.verdict])
    heads = ("endpoint", "verdict", "control and treatment", "effect", "p")
    sights = ("endpoint", "margin", "power", "smallest effect", "subjects needed")
    return Document(
        [
            Heading("Endpoints"),
            Grid(heads, [_row(contrast) for contrast in ranked]),
            *_notes(ranked),
            Heading("Arms"),
            Paragraph(_split(facts)),
            Heading("What the experiment could see"),
            Grid(sights, [_sight(contrast) for contrast in ranked]),
            Heading("How to read it"),
            Bullets(_legend(findings, plan)),
        ],
        name="ab_test",
    )


def _charts(findings: Sequence[Contrast]) -> dict[str, Chart]:
    """The chart of the endpoints that could be compared; none if there are no such endpoints."""
    if all(math.isnan(contrast.effect) for contrast in findings):
        return {}
    sentence = (
        "The interval of each endpoint beside no effect, a solid line, and the margin, a dashed one. A round "
        "dot is a yes, a cross a no, a diamond inconclusive."
    )
    draw = partial(draw_effects, findings=findings)
    return {"ab_test": Chart("Treatment against control", sentence, "ab_test", draw)}


def results_table(findings: Sequence[Contrast]) -> pd.DataFrame:
    """A row for each endpoint; the column `positive` is left out if no endpoint is about one class."""
    import pandas as pd

    table = pd.DataFrame([asdict(contrast) for contrast in findings]).set_index("endpoint")
    if not table["positive"].any():
        table = table.drop(columns="positive")
    return table.astype({"needed_control": "float64", "needed_treatment": "float64"})


def _scores(findings: Sequence[Contrast]) -> dict[str, float]:
    """The known numbers of the findings, by names that MLflow allows."""
    return {
        f"{_safe(contrast.endpoint)}_{name}": getattr(contrast, name)
        for contrast in findings
        for name in ("control", "treatment", "effect", "p_superiority", "p_non_inferiority")
        if not math.isnan(getattr(contrast, name))
    }


def _safe(name: str) -> str:
    """The name without characters that MLflow does not allow, nor dots at its start."""
    return re.sub(r"^\.+", "_", re.sub(r"[^\w. -]", "_", name))[-LONGEST_NAME:]


def _lines(findings: Sequence[Contrast]) -> dict[str, str]:
    """Each contrast in one line, after the class that the findings are about, if any."""
    about = {contrast.endpoint: contrast.positive for contrast in findings if contrast.positive}
    return positive_fact(about) | {contrast.endpoint: _line(contrast) for contrast in findings}


def _line(contrast: Contrast) -> str:
    if math.isnan(contrast.effect):
        return f"{contrast.verdict}: {contrast.note}"
    sure = f"{contrast.low:.4g} to {contrast.high:.4g}"
    arms = f"{contrast.control:.4g} to {contrast.treatment:.4g}"
    needs, needed = "", contrast.needed_control
    if contrast.verdict == "inconclusive" and needed and needed > contrast.control_n:
        needs = f"; needs {needed} and {contrast.needed_treatment} subjects"
    return f"{contrast.verdict}: {arms}, {contrast.scale} {contrast.effect:.4g} ({sure}){needs}"


def draw_effects(figure: Figure, findings: Sequence[Contrast]) -> None:
    """Draw the interval of each endpoint, with lines at no effect and at the margin."""
    shown = [contrast for contrast in findings if not math.isnan(contrast.effect)]
    figure.set_size_inches(WIDE_INCHES, ROW_INCHES * len(shown) + 0.6)
    grid = figure.subplots(len(shown), 1, squeeze=False)
    for axes, contrast in zip(grid.flat, shown, strict=True):
        _draw(axes, contrast)
    figure.suptitle("Treatment against control: solid line no effect, dashed line the margin", fontsize=10)


def _draw(axes: Axes, contrast: Contrast) -> None:
    """Draw one endpoint, under a title that says whether higher or lower is better."""
    reach = [[contrast.effect - contrast.low], [contrast.high - contrast.effect]]
    axes.errorbar([contrast.effect], [0], xerr=reach, fmt=MARKS[contrast.verdict], color="black", capsize=4)
    axes.axvline(1.0 if contrast.scale == "ratio" else 0.0, color="black", linewidth=1)
    axes.axvline(_limit(contrast), color="black", linewidth=1, linestyle="--")
    axes.set_yticks([0], [shortened(contrast.endpoint, LONGEST_LABEL)])
    axes.set_ylim(-1, 1)
    better = "higher" if contrast.higher_is_better else "lower"
    words = f"{contrast.hypothesis.replace('_', '-')}: {contrast.verdict}"
    axes.set_title(f"{words} ({contrast.scale}, {better} is better)", fontsize=9, loc="left")


def _limit(contrast: Contrast) -> float:
    """The margin on the effect's scale: the largest harm allowed, or the smallest gain of interest."""
    up = contrast.higher_is_better == (contrast.hypothesis == "superiority")
    if contrast.scale == "ratio":
        return 1 + contrast.margin if up else 1 / (1 + contrast.margin)
    return contrast.margin if up else -contrast.margin


def _split(facts: Mapping[str, Fact]) -> str:
    control, treatment = (stated(facts[f"{arm}_subjects"]) for arm in ("control", "treatment"))
    chance = p_value(float(facts["mismatch_p"] or 0))
    split = f"The control arm had {control} subjects, the treatment arm {treatment}"
    split += f" (p {chance} under the planned shares)."
    if "same_version" in facts:
        split += f" Both arms were served by version {facts['treatment_version']}: an A/A test."
    return split


def _row(contrast: Contrast) -> tuple[str, ...]:
    name = shortened(contrast.endpoint)
    if contrast.positive:
        name += f" of class {shortened(contrast.positive)}"
    arms = f"{_number(contrast.control)} and {_number(contrast.treatment)}"
    if math.isnan(contrast.effect):
        return name, contrast.verdict, arms, "", ""
    effect = f"{contrast.scale} {interval(contrast.effect, contrast.low, contrast.high)}"
    return (
        name,
        contrast.verdict,
        arms,
        effect,
        f"{p_value(contrast.p_value)} (level {number(contrast.level, 3)})",
    )


def _notes(findings: Sequence[Contrast]) -> list[Block]:
    """Why endpoints could not be compared, if there are any such endpoints."""
    notes = [
        (shortened(contrast.endpoint), contrast.note) for contrast in findings if math.isnan(contrast.effect)
    ]
    return [Pairs(notes)] if notes else []


def _sight(contrast: Contrast) -> tuple[str, ...]:
    sizes = ""
    if contrast.needed_control is not None and contrast.needed_treatment is not None:
        sizes = f"{contrast.needed_control:,} + {contrast.needed_treatment:,}"
    margin = f"{contrast.margin:g} ({contrast.hypothesis.replace('_', '-')})"
    return shortened(contrast.endpoint), margin, _number(contrast.power), _number(contrast.detectable), sizes


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _legend(findings: Sequence[Contrast], plan: Design) -> list[str]:
    claims = sum(contrast.hypothesis == "superiority" for contrast in findings)
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
        lines.append(
            f"This is look {plan.looks.look} of {plan.looks.planned}, with {name} spending of the level "
            f"(Lan and DeMets): one test at this look is held against {plan.nominal():.3g}."
        )
    return lines
