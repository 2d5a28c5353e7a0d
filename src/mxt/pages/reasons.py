"""The reasons of one prediction: in words, with a bar for each column, and as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.findings.terminals import clean, padded, places
from mxt.findings.words import count, number, share
from mxt.pages.explanations import how
from mxt.schemas.captions import Captions
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mxt.explainers.base import Explanation
    from mxt.registries.versions import Pinned
    from mxt.stats.links import Link

BARS = {"raises": "█", "lowers": "▒"}
PLAIN_BARS = {"raises": "#", "lowers": "="}
"""For outputs that can write ASCII only."""
WIDEST_BAR, NARROWEST_BAR = 40, 8
DIGITS = 3
"""Significant digits of the largest contribution; the others have as many decimals."""
MOST_DECIMALS = 9
_UNITS = {"log-odds": "log-odds", "target": "a prediction"}
MOST_CLASSES = 5
"""Classes whose probabilities the screen names."""


@dataclass(frozen=True)
class Reasons:
    """The prediction for one row, and the contribution of each column to it."""

    version: Pinned
    source: str
    """Where the row comes from."""
    target: str | None
    inputs: pd.DataFrame
    """The row: the model's columns, indexed by its id."""
    predicted: pd.DataFrame
    """The model's outputs for the row."""
    explanation: Explanation
    link: Link | None
    """The function from scores to probabilities; None if the model's scores have none."""
    seconds: float
    """How long explaining took."""
    captions: Captions = field(default_factory=Captions)

    @property
    def prediction(self) -> object:
        """The class or number predicted."""
        value = self.predicted[PREDICTION].iloc[0]
        return value.item() if hasattr(value, "item") else value

    @property
    def place(self) -> int:
        """The output that is explained: that of the predicted class if there are several."""
        outputs = self.explanation.outputs
        return outputs.index(str(self.prediction)) if str(self.prediction) in outputs[1:] else 0

    @property
    def output(self) -> str:
        """The class whose score is explained; empty for a number."""
        return self.explanation.outputs[self.place]

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of each class, the most probable first; empty if the model gives none."""
        row = self.predicted.drop(columns=PREDICTION).iloc[0]
        chances = {str(name).removeprefix(PROBABILITY): float(chance) for name, chance in row.items()}
        return dict(sorted(chances.items(), key=lambda item: -item[1]))

    @property
    def base(self) -> float:
        """The score that contributions start from."""
        return float(self.explanation.bases[0, self.place])

    @property
    def score(self) -> float:
        """The score that contributions add up to."""
        return float(self.explanation.prediction[0, self.place])

    @property
    def contributions(self) -> list[tuple[str, float]]:
        """Each column with its contribution, the largest first; equal ones in the model's order."""
        values = self.explanation.values[0, :, self.place]
        pairs = [(name, float(value)) for name, value in zip(self.explanation.columns, values, strict=True)]
        return sorted(pairs, key=lambda pair: -abs(pair[1]))

    def margin(self, column: str) -> float | None:
        """Half the width of the 95 % interval of a sampled contribution; None if it is exact or unknown."""
        ends = self.explanation.intervals
        if ends is None:
            return None
        at = (0, self.explanation.columns.index(column), self.place)
        half = float(ends.high[at] - ends.low[at]) / 2
        return half if math.isfinite(half) else None

    def content(self, top: int | None = None) -> dict[str, object]:
        """The reasons as a JSON object; the columns beyond `top` as one sum."""
        pairs = self.contributions
        rest = [] if top is None else pairs[top:]
        return {
            "model": self.version.name,
            "version": self.version.version,
            "id": _plain(self.inputs.index[0]),
            "target": self.target,
            "prediction": _plain(self.prediction),
            "probabilities": self.probabilities,
            "class": self.output or None,
            "unit": self.explanation.unit,
            "base": self.base,
            "score": self.score,
            "contributions": [self._entry(name, value) for name, value in pairs[:top]],
            "others": {"columns": len(rest), "contribution": math.fsum(value for _, value in rest)},
            "residual": float(self.explanation.residual[0, self.place]),
            "method": self.explanation.method,
        }

    def _entry(self, name: str, value: float) -> dict[str, object]:
        cell = _plain(self.inputs[name].iloc[0])
        entry = {"column": name, "value": cell, "contribution": value, "effect": _effect(value)}
        caption, margin = self.captions.column(name), self.margin(name)
        named = {} if caption == name else {"caption": caption}
        return entry | named | ({} if margin is None else {"interval_95": [value - margin, value + margin]})

    def lines(self, width: int, top: int | None = None, bars: dict[str, str] | None = None) -> Iterator[str]:
        """The reasons for a person, in lines of up to `width` characters.

        Args:
            width: Of the screen.
            top: The most columns that have a line of their own; all of them if None.
            bars: What bars are drawn with.
        """
        yield f"{self.version}, row {clean(self.inputs.index[0])} of {self.source}"
        yield f"  {self._answer()}"
        yield ""
        yield f"  {self._start()}"
        yield from (f"  {line}" for line in self._table(width - 2, top, bars or BARS))
        yield ""
        yield f"  {self._check()}"
        yield f"  {self._how()}"

    def _answer(self) -> str:
        chances = self.probabilities
        target = "" if self.target is None else f"{clean(self.captions.column(self.target))} = "
        value = self.prediction
        text = number(value) if isinstance(value, float) and not chances else self._class(value)
        if not chances:
            return f"It predicts {target}{text}."
        shown = [f"{self._class(name)} {share(chance)}" for name, chance in [*chances.items()][:MOST_CLASSES]]
        more = len(chances) - len(shown)
        rest = f" and {count(more, 'other class', 'other classes')}" if more else ""
        return f"It predicts {target}{text}; the probabilities are {', '.join(shown)}{rest}."

    def _class(self, name: object) -> str:
        return clean(str(name) if self.target is None else self.captions.value(self.target, name))

    def _start(self) -> str:
        unit = self.explanation.unit
        of = f" of {self._class(self.output)}" if self.output else ""
        what = f"{_UNITS.get(unit, f'a {unit}')}{of}"
        return (
            f"The base is {what} of {number(self.base)}{self._as_probability(self.base)}. "
            "Each column raises or lowers it:"
        )

    def _as_probability(self, score: float) -> str:
        """A score as a probability, in brackets; empty if that is unknown or the score is one."""
        import numpy as np

        if self.link is None or self.explanation.unit not in {"log-odds", "margin"}:
            return ""
        if len(self.explanation.outputs) > 1:
            return ""
        return f" (a probability of {share(float(self.link.apply(np.array([[score]]))[0, 0]))})"

    def _table(self, width: int, top: int | None, bars: dict[str, str]) -> Iterator[str]:
        pairs = self.contributions
        rows = [(*self._named(name), value, self.margin(name)) for name, value in pairs[:top]]
        rest = [] if top is None else pairs[top:]
        if rest:
            others = count(len(rest), "other column")
            rows.append((f"{others} together", "", math.fsum(value for _, value in rest), None))
        decimals = _decimals([value for _, _, value, _ in rows])
        texts = [
            (name, cell, _effect(value), f"{value:+,.{decimals}f}{_margin(margin, decimals)}")
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

    def _named(self, name: str) -> tuple[str, str]:
        """A column and its value, as people call them."""
        cell = self.inputs[name].iloc[0]
        missing = cell is None or cell != cell  # noqa: PLR0124 - NaN and NaT differ from themselves
        value = "missing" if missing or str(cell) == "<NA>" else self._value(name, cell)
        return clean(self.captions.column(name)), clean(value)

    def _value(self, name: str, cell: object) -> str:
        text = self.captions.value(name, cell)
        plain = _plain(cell)
        return number(plain, 6) if text == str(cell) and isinstance(plain, float) else text

    def _check(self) -> str:
        total = float(self.explanation.totals[0, self.place])
        sign = "-" if total < 0 else "+"
        gap = abs(float(self.explanation.residual[0, self.place]))
        score = f"{number(self.score)}{self._as_probability(self.score)}"
        return (
            f"Sum: {number(self.base)} {sign} {number(abs(total))} = {score}, "
            f"which is the model's own score, to {gap:.1g}."
        )

    def _how(self) -> str:
        method = how(self.explanation.method)
        sampled = self.explanation.standard_error is not None
        half = " Behind ± stands half of a 95 % interval." if sampled else ""
        return f"Explained {method}, in {self.seconds:.2f} s.{half}"


def _effect(value: float) -> str:
    return "raises" if value > 0 else "lowers" if value < 0 else "no effect"


def _decimals(values: Sequence[float]) -> int:
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if not largest else min(MOST_DECIMALS, max(0, DIGITS - 1 - math.floor(math.log10(largest))))


def _margin(margin: float | None, decimals: int) -> str:
    return "" if margin is None else f" ± {margin:,.{decimals}f}"


def _plain(value: object) -> object:
    """A cell as a value that JSON has a form for."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or value != value or str(value) == "<NA>":  # noqa: PLR0124 - NaN and NaT
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
