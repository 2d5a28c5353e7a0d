"""What is compared with what, and how many times as fast MXT should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.models import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

MXT = "MXT"
AHEAD = 1.0


@dataclass(frozen=True)
class Case:
    """One question about one subject, put to MXT and its peers."""

    subject: str
    asked: Mapping[str, float | None]
    """For each engine beside MXT, how many times its speed MXT should have; None if nothing is asked."""
    background: int = 0
    """Rows to compare with; 0 for path-dependent values."""
    interactions: bool = False
    checked: int = 10
    """Rows whose values are compared with the oracle's."""
    deep: bool = False
    """Whether it is about deep trees against a background, which have a table of their own."""

    @property
    def name(self) -> str:
        return f"{self.subject}{self.kind}"

    @property
    def kind(self) -> str:
        """What is asked beyond path-dependent values."""
        if self.interactions:
            return ", interactions"
        return f", background {self.background:,}" if self.background else ""


def _asked(extension: float, **others: float | None) -> dict[str, float | None]:
    """Of shap's C extension, of others by name, and to be ahead of all the rest."""
    named = {name.replace("_", " "): factor for name, factor in others.items()}
    peers = ("woodelf", "fasttreeshap v1", "fasttreeshap v2", "shapiq")
    own = {"MXT, Model.explain": None, "shap C extension": extension, "shap.TreeExplainer": AHEAD}
    return {**own, **named, **dict.fromkeys(peers, AHEAD)}


def _background(extension: float) -> dict[str, float | None]:
    return {"shap C extension": extension, "woodelf": AHEAD, "shapiq": AHEAD}


def _deep(subject: str, extension: float, *backgrounds: int) -> list[Case]:
    """Beside the C extension alone: others make tables of 2 to the power of the depth."""
    asked = {"shap C extension": extension}
    return [Case(subject, asked, background=rows, checked=1, deep=True) for rows in backgrounds]


DEEP = {8: 350.0, 10: 190.0, 12: 100.0, 16: 50.0}
"""How many times the C extension's speed is asked for trees of a depth."""

CASES = (
    Case("a", _asked(110, xgboost=35)),
    Case("b", _asked(110, xgboost=30)),
    # woodelf makes tables of 2 to the power of the depth, 35 here; it is not let run out of memory.
    Case("c", {name: factor for name, factor in _asked(100).items() if name != "woodelf"}, checked=4),
    Case("d", _asked(100)),
    Case("e", _asked(130, xgboost=20)),
    Case("lgb", _asked(AHEAD, LightGBM=AHEAD)),
    Case("a", _background(400), background=100, checked=3),
    Case("a", _background(4_000), background=1_000, checked=3),
    Case("b", _background(150), background=100, checked=2),
    Case("d", _background(250), background=100, checked=3),
    Case("a", {"shap C extension": AHEAD, "xgboost": AHEAD, "woodelf": AHEAD}, interactions=True, checked=3),
    *(
        case
        for depth, asked in DEEP.items()
        for width in WIDTHS
        for case in _deep(f"{depth}x{width}", asked, 100)
    ),
    *_deep("12x30", DEEP[12], 1_000, 10_000),
    *_deep("c", 100, 100, 1_000),
    *_deep("extra", 100, 100),
    *_deep("digits", 100, 100, 1_000),
)
