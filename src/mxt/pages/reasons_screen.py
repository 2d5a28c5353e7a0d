"""The screen of one prediction's reasons: in words, and with a bar for each column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.findings.terminals import clean, padded, places
from mxt.findings.words import count, number, share
from mxt.pages.explanations import how
from mxt.pages.reasons import effect_of, plain_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mxt.pages.reasons import Reasons

BARS = {"raises": "█", "lowers": "▒"}
PLAIN_BARS = {"raises": "#", "lowers": "="}
"""For outputs that can write ASCII only."""
MIDNIGHT = " 00:00:00"
"""The end of a time that is a day."""
WIDEST_BAR, NARROWEST_BAR = 40, 8
DIGITS = 3
"""Significant digits of the largest contribution; the others have as many decimals."""
MOST_DECIMALS = 9
_UNITS = {"log-odds": "log-odds", "target": "a prediction"}
MOST_CLASSES = 5
"""Classes whose probabilities the screen names."""


def screen(
    reasons: Reasons, width: int, top: int | None = None, bars: Mapping[str, str] = BARS
) -> Iterator[str]:
    """The reasons for a person, in lines of up to `width` characters.

    Args:
        reasons: Of one prediction.
        width: Of the screen.
        top: The most columns that have a line of their own; all of them if None.
        bars: What bars are drawn with.
    """
    yield f"{reasons.version}, row {clean(reasons.inputs.index[0])} of {reasons.source}"
    yield f"  {_answer(reasons)}"
    yield ""
    yield f"  {_start(reasons)}"
    yield from (f"  {line}" for line in _table(reasons, width - 2, top, bars))
    yield ""
    yield f"  {_check(reasons)}"
    yield f"  {_how(reasons)}"


def _answer(reasons: Reasons) -> str:
    chances = reasons.probabilities
    target = "" if reasons.target is None else f"{clean(reasons.captions.column(reasons.target))} = "
    value = reasons.prediction
    text = number(value) if isinstance(value, float) and not chances else _class(reasons, value)
    if not chances:
        return f"It predicts {target}{text}."
    shown = [f"{_class(reasons, name)} {share(chance)}" for name, chance in [*chances.items()][:MOST_CLASSES]]
    more = len(chances) - len(shown)
    rest = f" and {count(more, 'other class', 'other classes')}" if more else ""
    return f"It predicts {target}{text}; the probabilities are {', '.join(shown)}{rest}."


def _class(reasons: Reasons, name: object) -> str:
    return clean(reasons.captions.label(name))


def _start(reasons: Reasons) -> str:
    unit = reasons.explanation.unit
    of = f" of {_class(reasons, reasons.output)}" if reasons.output else ""
    what = f"{_UNITS.get(unit, f'a {unit}')}{of}"
    return (
        f"The base is {what} of {number(reasons.base)}{_as_probability(reasons, reasons.base)}. "
        "Each column raises or lowers it:"
    )


def _as_probability(reasons: Reasons, score: float) -> str:
    """A score as a probability, in brackets; empty if that is unknown or the score is one."""
    import numpy as np

    if reasons.link is None or reasons.explanation.unit not in {"log-odds", "margin"}:
        return ""
    if len(reasons.explanation.outputs) > 1:
        return ""
    return f" (a probability of {share(float(reasons.link.apply(np.array([[score]]))[0, 0]))})"


def _table(reasons: Reasons, width: int, top: int | None, bars: Mapping[str, str]) -> Iterator[str]:
    pairs = reasons.contributions
    rows = [(*_named(reasons, name), value, reasons.margin(name)) for name, value in pairs[:top]]
    rest = [] if top is None else pairs[top:]
    if rest:
        others = count(len(rest), "other column")
        rows.append((f"{others} together", "", math.fsum(value for _, value in rest), None))
    decimals = _decimals([value for _, _, value, _ in rows])
    texts = [
        (name, cell, effect_of(value), f"{value:+,.{decimals}f}{_margin(margin, decimals)}")
        for name, cell, value, margin in rows
    ]
    wide = [max(map(places, column)) for column in zip(*texts, strict=True)]
    room = min(WIDEST_BAR, max(NARROWEST_BAR, width - sum(wide) - 2 * len(wide)))
    largest = max(abs(value) for _, _, value, _ in rows) or 1.0
    for line, (_, _, value, _) in zip(texts, rows, strict=True):
        effect, amount = line[2:]
        left = "  ".join(padded(text, size) for text, size in zip(line[:3], wide[:3], strict=True))
        bar = bars.get(effect, "") * round(room * abs(value) / largest)
        yield f"{left}  {amount:>{wide[3]}}  {bar}".rstrip()


def _named(reasons: Reasons, name: str) -> tuple[str, str]:
    """A column and its value, as people call them."""
    cell = reasons.inputs[name].iloc[0]
    value = "missing" if plain_cell(cell) is None else _value(reasons, name, cell)
    return clean(reasons.captions.column(name)), clean(value)


def _value(reasons: Reasons, name: str, cell: object) -> str:
    text = reasons.captions.value(name, cell)
    known = plain_cell(cell)
    if text != str(cell):
        return text
    return number(known, 6) if isinstance(known, float) else text.removesuffix(MIDNIGHT)


def _check(reasons: Reasons) -> str:
    total = float(reasons.explanation.totals[0, reasons.place])
    sign = "-" if total < 0 else "+"
    gap = abs(float(reasons.explanation.residual[0, reasons.place]))
    score = f"{number(reasons.score)}{_as_probability(reasons, reasons.score)}"
    return (
        f"Sum: {number(reasons.base)} {sign} {number(abs(total))} = {score}, "
        f"which is the model's own score, to {gap:.1g}."
    )


def _how(reasons: Reasons) -> str:
    method = how(reasons.explanation.method)
    sampled = reasons.explanation.standard_error is not None
    half = " Behind ± stands half of a 95 % interval." if sampled else ""
    return f"Explained {method}, in {reasons.seconds:.2f} s.{half}"


def _decimals(values: Sequence[float]) -> int:
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if not largest else min(MOST_DECIMALS, max(0, DIGITS - 1 - math.floor(math.log10(largest))))


def _margin(margin: float | None, decimals: int) -> str:
    return "" if margin is None else f" ± {margin:,.{decimals}f}"
