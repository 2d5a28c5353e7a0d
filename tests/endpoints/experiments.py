"""Arms and simulated experiments for tests of endpoints."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import pytest

from mxt.endpoints.base.arms import Arm
from mxt.endpoints.base.contrasts import with_verdicts
from mxt.endpoints.base.designs import Design
from mxt.stats.arms import ArmEstimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxt.endpoints.base import Endpoint
    from mxt.endpoints.base.contrasts import Contrast

Pair: TypeAlias = tuple[ArmEstimate, ArmEstimate]

DESIGN = Design(level=0.05, power=0.8, control_share=0.5)
MANY = 2000
POINTS = 0.015
"""What is allowed of a share of `MANY` experiments: 5 % have a standard error of 0.5 points, 80 % of 0.9."""
SOME = 300
LEAST, MOST = 2, 34
"""Of `SOME` experiments with a chance of 5 %, fewer or more than these say yes for 7 of 1,000,000 seeds."""

RATE: dict[str, Any] = {"column": "x", "value": 1, "higher_is_better": True}
MEAN: dict[str, Any] = {"column": "x", "higher_is_better": True}


def arm(name: str, values: np.ndarray | None = None, subjects: np.ndarray | None = None, **more: Any) -> Arm:
    """An arm whose column x holds the values."""
    rows = len(values) if values is not None else len(more["truth"])
    table = pd.DataFrame({"x": values}) if values is not None else pd.DataFrame(index=range(rows))
    return Arm(name, table, np.arange(rows) if subjects is None else subjects, "a table", **more)


def yes_or_no(flags: np.ndarray) -> pd.Series:
    return pd.Series(np.where(flags, "yes", "no"))


def compared(endpoint: Endpoint, control: Arm, treatment: Arm, design: Design = DESIGN) -> Contrast:
    return with_verdicts([endpoint.compare(control, treatment, design)], design)[0]


def count_of_yes(endpoint: Endpoint, pairs: Iterable[Pair], count: int, design: Design = DESIGN) -> int:
    """How many of the first experiments say yes."""
    contrasts = [endpoint.contrast(*pair, design) for pair in itertools.islice(pairs, count)]
    assert len(contrasts) == count
    return sum(with_verdicts([contrast], design)[0].verdict == "yes" for contrast in contrasts)


def yes_share(endpoint: Endpoint, pairs: Iterable[Pair], design: Design = DESIGN) -> float:
    """The share of `MANY` experiments that say yes."""
    return count_of_yes(endpoint, pairs, MANY, design) / MANY


def assert_seldom_wrong(endpoint: Endpoint, pairs: Iterable[Pair]) -> None:
    """Of `SOME` experiments without a gain about one in twenty says yes."""
    assert LEAST <= count_of_yes(endpoint, pairs, SOME) <= MOST


def assert_wrong_once_in_twenty(endpoint: Endpoint, pairs: Iterable[Pair]) -> None:
    """Of `MANY` experiments without a gain one in twenty says yes."""
    assert yes_share(endpoint, pairs) == pytest.approx(0.05, abs=POINTS)


def rates(control: float, treatment: float, rows: int = 400) -> Iterable[Pair]:
    """Shares of independent rows."""
    chance = np.random.default_rng(7)
    hits = [chance.binomial(rows, share, MANY) for share in (control, treatment)]
    for pair in zip(*hits, strict=True):
        errors = [math.sqrt(hit / rows * (1 - hit / rows) / (rows - 1)) for hit in pair]
        first, second = (
            ArmEstimate(hit / rows, error, rows, rows, int(hit))
            for hit, error in zip(pair, errors, strict=True)
        )
        yield first, second


def mean(values: np.ndarray) -> ArmEstimate:
    """The mean of one row a subject."""
    return ArmEstimate(values.mean(), values.std(ddof=1) / math.sqrt(len(values)), len(values), len(values))
