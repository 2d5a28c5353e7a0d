"""Budgets: what explaining may cost, and how many rows a budget of seconds covers."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from mxt.errors import ConfigError
from mxt.kinds import Strict
from mxt.streams.pilot import TimingPilot

if TYPE_CHECKING:
    from mxt.executors.base import Executor
    from mxt.streams.tasks import TableStream

FEWEST_ROWS = 30
"""Rows below which an interval says little."""

PILOT_SECONDS, PILOT_SHARE = 5.0, 0.1
"""How long a pilot may measure, in seconds and as a share of the budget; the lesser counts."""


class Budget(Strict):
    """What explaining may cost: `seconds` or `rows`. If all rows cost more, a sample of them is explained.

    A row is in the sample by its id and the seed alone. All rows are predicted.
    """

    seconds: Annotated[float, Field(gt=0)] | None = None
    """How long a run may explain, its first measurements included. How many rows that are depends on the
    machine; the run states their number, which can be given as `rows` to repeat it."""

    rows: Annotated[int, Field(ge=FEWEST_ROWS)] | None = None
    """About how many rows to explain."""

    seed: Annotated[int, Field(ge=0, lt=10**9)] = 0
    """Seed of the sample."""

    @model_validator(mode="after")
    def _seconds_or_rows(self) -> Self:
        if (self.seconds is None) == (self.rows is None):
            msg = "Give a budget either seconds or rows."
            raise ValueError(msg)
        return self


def covered(
    seconds: float, streams: tuple[TableStream, TableStream], executor: Executor, known: int, begun: float
) -> tuple[float, str]:
    """How many rows can be explained within a budget of seconds, and the reason as a clause.

    Args:
        seconds: The budget.
        streams: The work where all rows are explained, and where none is, the latter in longer parts.
        executor: Who works on them.
        known: Rows of the table, all of which are predicted.
        begun: When the budget began to count, by the monotonic clock.

    Raises:
        ConfigError: The rows are too few.
    """
    pilot = TimingPilot(*streams, min(PILOT_SECONDS, PILOT_SHARE * seconds), executor.workers)
    pace, workers = pilot.measured(executor), executor.workers * pilot.stream.share[1]
    spent = time.monotonic() - begun
    before = pace.loading + known * pace.predicted / workers
    each, least = pace.explained / workers, min(known, FEWEST_ROWS)
    rows = (seconds - spent - before) / each
    if rows < least:
        msg = (
            f"budget: {seconds:g} s are not enough to explain {least} of {known} rows. The pilot took "
            f"{spent:.1f} s, loading and predicting all rows takes {before:.1f} s, and explaining takes "
            f"{each:.2g} s a row; give at least {math.ceil(spent + before + least * each)} seconds."
        )
        raise ConfigError(msg)
    return rows, f"the budget of {seconds:g} s covers {each:.2g} s a row"
