"""What an A/B test found: a page of text and tables, and one figure of all endpoints."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from mxt.reports.markdown import cell
from mxt.reports.positives import positive_fact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mxt.endpoints.findings import Finding
    from mxt.endpoints.plans import Plan

MARKS = {"yes": "o", "no": "X", "inconclusive": "D"}
"""The shape of a verdict, so that nobody needs colours."""
LONGEST_NAME = 200
"""MLflow takes 250 characters; what is measured follows the name."""
ROW_INCHES, WIDE_INCHES = 1.3, 8.0


def summary(findings: Sequence[Finding], verdict: str, plan: Plan, facts: Mapping[str, object]) -> str:
    """A Markdown page that says in words and tables what the figure shows."""
    lines = ["# A/B test", "", f"The verdict is **{verdict}**.", "", *_split(facts), "", "## Findings", ""]
    heads = f"treatment against control | {100 * (1 - 2 * plan.nominal()):.5g} % interval | p | held against"
    lines += [f"| endpoint | verdict | control | treatment | {heads} |", f"|{' --- |' * 8}"]
    lines += [_row(found) for found in findings]
    lines += ["", "## What the experiment could see", ""]
    lines += [
        "| endpoint | hypothesis | margin | power | smallest effect | subjects needed |",
        f"|{' --- |' * 6}",
    ]
    lines += [_sight(found) for found in findings]
    return "\n".join([*lines, "", "## How to read it", "", *_legend(findings, plan)]) + "\n"


def results_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """A row for each endpoint, indexed by it; `positive` is the class it is about, if any is about one."""
    import pandas as pd

    table = pd.DataFrame([asdict(found) for found in findings]).set_index("endpoint")
    if not table["positive"].any():
        table = table.drop(columns="positive")
    return table.astype({"needed_control": "float64", "needed_treatment": "float64"})


def scores(findings: Sequence[Finding]) -> dict[str, float]:
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


def lines(findings: Sequence[Finding]) -> dict[str, str]:
    """The class that the findings are about, if they are about one, and each finding in one line."""
    about = {found.endpoint: found.positive for found in findings if found.positive}
    return positive_fact(about) | {found.endpoint: _line(found) for found in findings}


def _line(found: Finding) -> str:
    if math.isnan(found.effect):
        return f"{found.verdict}: {found.note}"
    sure = f"{found.low:.4g} to {found.high:.4g}"
    told = f"{found.verdict}: {found.control:.4g} to {found.treatment:.4g}, {found.scale} {found.effect:.4g}"
    needs = ""
    if found.verdict == "inconclusive" and found.needed_control and found.needed_control > found.control_n:
        needs = f"; needs {found.needed_control} and {found.needed_treatment} subjects"
    return f"{told} ({sure}){needs}"


def effects_figure(findings: Sequence[Finding]) -> Figure:
    """The interval of each endpoint beside no effect and the margin; the shape of the dot is the verdict."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    shown = [found for found in findings if not math.isnan(found.effect)]
    size = (WIDE_INCHES, ROW_INCHES * len(shown) + 0.6)
    figure, grid = plt.subplots(len(shown), 1, figsize=size, squeeze=False, layout="constrained")
    for axes, found in zip(grid.flat, shown, strict=True):
        _draw(axes, found)
    figure.suptitle("Treatment against control: solid line no effect, dashed line the margin", fontsize=10)
    return figure


def _draw(axes: Axes, found: Finding) -> None:
    """One endpoint; what is better lies to the side that the label names."""
    reach = [[found.effect - found.low], [found.high - found.effect]]
    axes.errorbar([found.effect], [0], xerr=reach, fmt=MARKS[found.verdict], color="black", capsize=4)
    axes.axvline(1.0 if found.scale == "ratio" else 0.0, color="black", linewidth=1)
    axes.axvline(_limit(found), color="black", linewidth=1, linestyle="--")
    axes.set_yticks([0], [found.endpoint])
    axes.set_ylim(-1, 1)
    better = "higher" if found.higher_is_better else "lower"
    words = f"{found.hypothesis.replace('_', '-')}: {found.verdict}"
    axes.set_title(f"{words} ({found.scale}, {better} is better)", fontsize=9, loc="left")


def _limit(found: Finding) -> float:
    """Where the margin lies: the harm that is refused, or the gain worth finding."""
    up = found.higher_is_better == (found.hypothesis == "superiority")
    if found.scale == "ratio":
        return 1 + found.margin if up else 1 / (1 + found.margin)
    return found.margin if up else -found.margin


def _split(facts: Mapping[str, object]) -> list[str]:
    told = (
        f"{facts['control_subjects']} subjects were in the control arm, {facts['treatment_subjects']} in the "
        f"treatment arm (p {facts['mismatch_p']} under the planned shares)."
    )
    if "same_version" in facts:
        told += f" Both arms were served by version {facts['treatment_version']}: an A/A test."
    return [told, "", f"**Mismatch**: {facts['mismatch']}."] if "mismatch" in facts else [told]


def _row(found: Finding) -> str:
    name = f"{found.endpoint} (class {cell(found.positive)})" if found.positive else found.endpoint
    if math.isnan(found.effect):
        cells = [name, f"{found.verdict}: {found.note}", _number(found.control)]
        return f"| {' | '.join([*cells, _number(found.treatment), *['-'] * 4])} |"
    cells = [
        name,
        found.verdict,
        _number(found.control),
        _number(found.treatment),
        f"{found.scale} {_number(found.effect)}",
        f"{_number(found.low)} to {_number(found.high)}",
        _number(found.p_value),
        _number(found.level),
    ]
    return f"| {' | '.join(cells)} |"


def _sight(found: Finding) -> str:
    sizes = "-"
    if found.needed_control is not None and found.needed_treatment is not None:
        sizes = f"{found.needed_control} + {found.needed_treatment}"
    cells = [found.endpoint, found.hypothesis.replace("_", "-"), f"{found.margin:g}", _number(found.power)]
    return f"| {' | '.join([*cells, _number(found.detectable), sizes])} |"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _legend(findings: Sequence[Finding], plan: Plan) -> list[str]:
    claims = sum(found.hypothesis == "superiority" for found in findings)
    lines = [
        f"Tests are one-sided at level {plan.level:g}; an interval ends where one test changes its mind.",
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
    return [f"- {line}" for line in lines]
