"""The findings of an explanations job: the leading columns in a sentence, a page and charts."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING

from mxt.findings import Chart, Document, Grid, Heading, Paragraph
from mxt.findings.words import LONGEST_LABEL, count, interval, number, shortened
from mxt.pages.beeswarm import draw_beeswarm
from mxt.schemas.captions import NO_CAPTIONS
from mxt.schemas.casts import holds_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mxt.findings.documents import Block
    from mxt.importances.base import Measurement
    from mxt.importances.base.tally import Tally
    from mxt.schemas.captions import Captions

TOP = 10
LEADING = 3
"""Number of columns that the answer names."""
FIGURE_ROWS = 2000
"""The most rows that a chart shows."""
FEWEST = 5
"""Rows that a category needs so that the page names it."""
LONGEST_CATEGORY = 30
FIRST = "mean_abs_shap"
"""The method that comes first on the page."""
SAMPLED = f"The intervals of {FIRST} are for the importance that all these rows together would have."
_METHODS = {
    r"exact, along the trees' paths": "exactly (path-dependent TreeSHAP)",
    r"exact, against (\d+) background rows": r"exactly (interventional TreeSHAP, \1 background rows)",
}
_NAMES = {FIRST: "mean |SHAP|"}
_EFFECTS = {"raises": "a higher value raises it", "lowers": "a higher value lowers it"}


def explained(
    tally: Tally, importances: pd.DataFrame, version: str, captions: Captions = NO_CAPTIONS
) -> list[str]:
    """Sentences that say which columns matter most, how many rows were explained, and how exactly.

    Args:
        tally: Tally of all explained rows.
        importances: A table of `FeatureImportancesSchema`.
        version: The version in words.
        captions: How people call the columns.
    """
    explanation, strata = tally.explanation, tally.strata
    rows = count(tally.rows, "row") if strata is None else f"{tally.rows:,} of {count(strata.rows, 'row')}"
    method = _ordered(importances)[0]
    sums = importances[importances["method"] == method].groupby("feature", sort=False)["importance"].sum()
    leading = (sums / (sums.sum() or 1.0)).sort_values(ascending=False, kind="stable").head(LEADING)
    names = ", ".join(
        f"{shortened(captions.column(name))} ({100 * share:.0f} %)" for name, share in leading.items()
    )
    return [
        f"What moves the predictions of {version} most, by {_NAMES.get(method, method)}: {names}.",
        f"Explained {rows} {how(explanation.method)}, in {explanation.unit}; {_law(tally)}.",
    ]


def how(method: str) -> str:
    """How the contributions were computed, as an adverb."""
    for pattern, words in _METHODS.items():
        if re.fullmatch(pattern, method):
            return re.sub(pattern, words, method)
    return f"by {method}"


def relative_residual(tally: Tally) -> float:
    """The largest residual over the largest drawn prediction, or over 1 if that is larger."""
    import numpy as np

    return tally.largest_residual / max(1.0, float(np.abs(tally.explanation.prediction).max(initial=0.0)))


def explanations_page(
    tally: Tally,
    importances: pd.DataFrame,
    measurements: Sequence[Measurement],
    sample: str,
    captions: Captions = NO_CAPTIONS,
) -> Document:
    """The page: the leading columns of each method and class, and further blocks of the importances.

    Args:
        tally: Tally of all explained rows.
        importances: A table of `FeatureImportancesSchema`.
        measurements: The measurements that the table was made of.
        sample: Which rows were explained; empty if all were.
        captions: How people call the columns and their values.
    """
    blocks: list[Block] = [Paragraph(f"Explained were {sample}. {SAMPLED}")] if sample else []
    for method in _ordered(importances):
        of_method = importances[importances["method"] == method]
        for place, (name, part) in enumerate(of_method.groupby("class", dropna=False, sort=False)):
            effects = _effects(tally, part, place, captions) if method == FIRST else {}
            blocks += _section(part, name, tally.rows, effects, captions)
    more = [block for measurement in measurements for block in measurement.blocks]
    return Document(
        [*blocks, *([Heading("More about the model"), *more] if more else [])], name="explanations"
    )


def contributions_charts(tally: Tally, captions: Captions = NO_CAPTIONS) -> dict[str, Chart]:
    """A chart of the contributions to each output, by name."""
    several = len(tally.explanation.outputs) > 1
    return {
        f"contributions_{place}" if several else "contributions": _beeswarm(tally, place, name, captions)
        for place, name in enumerate(tally.explanation.outputs)
    }


def _beeswarm(tally: Tally, output: int, name: str, captions: Captions) -> Chart:
    """The chart of the contributions to one output; of many rows it shows those that the tally drew first."""
    explanation, shown = tally.explanation, min(tally.rows, len(tally.inputs), FIGURE_ROWS)
    few = f", {shown} of {tally.rows} rows" if shown < tally.rows else ""
    to = f" to {shortened(captions.label(name), LONGEST_LABEL)}" if name else ""
    title = f"Contributions{to} ({explanation.unit}{few})"
    sentence = (
        "A dot for each row and column: right of the line the column raises the prediction, left of it it "
        "lowers it. Bright dots are high values (texts: late in the alphabet), grey dots missing ones."
    )
    return Chart(
        title,
        sentence,
        "models_explanations",
        lambda figure: draw_beeswarm(
            figure,
            title,
            explanation.values[:shown, :, output],
            tally.inputs.head(shown).rename(columns=captions.column),
            explanation.unit,
        ),
    )


def _ordered(importances: pd.DataFrame) -> list[str]:
    """The methods of a table of importances, `FIRST` before all others."""
    return sorted(map(str, importances["method"].unique()), key=lambda method: method != FIRST)


def _law(tally: Tally) -> str:
    worst = f"{relative_residual(tally):.1g} of it at worst"
    if tally.explanation.additive:
        return f"base value and contributions add up to each prediction, to {worst}"
    return f"base value and contributions come near each prediction, to {worst}"


def _section(
    part: pd.DataFrame, name: object, rows: int, effects: dict[str, str], captions: Captions
) -> Iterator[Block]:
    """The section of one method and class, with its leading columns."""
    first, used = part.iloc[0], part["n"].max()
    drawn = f", {used:,} of {rows:,} rows" if part["n"].notna().any() and used < rows else ""
    of_class = f", class {shortened(captions.label(name))}" if isinstance(name, str) else ""
    faithful = "" if math.isnan(first["fidelity"]) else f", fidelity {first['fidelity']:.3f}"
    yield Heading(f"{first['method']} ({first['unit']}{of_class}{drawn}{faithful})")
    moving = part[part["importance"] != 0] if part["importance"].any() else part
    shown = moving.head(TOP)
    sure = " Behind an importance stands its 95 % interval." if part["ci_low"].notna().any() else ""
    idle = len(part) - len(moving)
    zero = f"; {count(idle, 'column')} {'has' if idle == 1 else 'have'} none" if idle else ""
    yield Paragraph(f"{len(shown)} of {count(len(part), 'column')} shown{zero}.{sure}")
    known = bool((part["direction"] != "unknown").any())
    heads = ["column", "importance", "share", *(["effect"] if known else [])]
    grid = []
    for row in shown.to_dict("records"):
        value = interval(row["importance"], row["ci_low"], row["ci_high"])
        effect = effects.get(row["feature"]) or _EFFECTS.get(row["direction"], "no one direction")
        cells = [shortened(captions.column(row["feature"])), value, f"{100 * row['share']:.1f} %"]
        grid.append([*cells, *([effect] if known else [])])
    yield Grid(heads, grid)


def _effects(tally: Tally, part: pd.DataFrame, output: int, captions: Captions) -> dict[str, str]:
    """For each column of categories, which category raises or lowers the prediction most."""
    import pandas as pd

    effects = {}
    drawn = tally.explanation
    for name in part.loc[part["direction"] == "varies", "feature"]:
        cells = tally.inputs[name]
        if holds_numbers(cells):
            continue
        values = pd.Series(drawn.values[:, drawn.columns.index(name), output])
        texts = cells.astype(object).where(cells.notna(), "missing").astype(str).reset_index(drop=True)
        means = values.groupby(texts, sort=True).agg(["mean", "size"])
        effects[str(name)] = _strongest(means.rename(index=partial(captions.value, name)))
    return {name: effect for name, effect in effects.items() if effect}


def _strongest(means: pd.DataFrame) -> str:
    """The category with the largest mean contribution, among categories of enough rows."""
    enough = means[means["size"] >= FEWEST]["mean"]
    if enough.empty or not enough.any():
        return ""
    place = int(enough.abs().to_numpy().argmax())
    name, mean = str(enough.index[place]), float(enough.iloc[place])
    verb = "raises" if mean > 0 else "lowers"
    return f"{shortened(name, LONGEST_CATEGORY)} {verb} it most ({number(mean, 2)})"
