"""The reasons of one prediction: the contribution of each column, and all of it as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.schemas.captions import NO_CAPTIONS, Captions
from mxt.schemas.casts import is_missing
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explanation
    from mxt.registries.versions import Pinned
    from mxt.stats.links import Link


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
    captions: Captions = NO_CAPTIONS

    @property
    def prediction(self) -> object:
        """The class or number predicted."""
        value = self.predicted[PREDICTION].iloc[0]
        return value.item() if hasattr(value, "item") else value

    @property
    def place(self) -> int:
        """The output that is explained: the score of the predicted class if there are several outputs."""
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
        """Each column with its contribution, the largest first; ties in the model's order."""
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
            "id": plain_cell(self.inputs.index[0]),
            "target": self.target,
            "prediction": plain_cell(self.prediction),
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
        cell = plain_cell(self.inputs[name].iloc[0])
        entry = {"column": name, "value": cell, "contribution": value, "effect": effect_of(value)}
        caption, margin = self.captions.column(name), self.margin(name)
        named = {} if caption == name else {"caption": caption}
        return entry | named | ({} if margin is None else {"interval_95": [value - margin, value + margin]})


def effect_of(value: float) -> str:
    """What a contribution does to the score."""
    return "raises" if value > 0 else "lowers" if value < 0 else "no effect"


def plain_cell(value: object) -> object:
    """A cell as a value that JSON has a form for; None if it is missing."""
    if is_missing(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float | str) else str(value)
