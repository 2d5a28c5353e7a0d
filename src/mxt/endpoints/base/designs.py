"""Designs of experiments: the level of their tests, their looks, and the power that they should have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from mxt.errors import ConfigError
from mxt.kinds import Strict
from mxt.stats.sequential import Spending, critical_values


class Looks(Strict):
    """Looks at an experiment before its end, planned before its start.

    A yes at any look is final; the level is divided over the looks, so that the chance of a wrong yes at any
    of them is no more than the level.
    """

    planned: Annotated[int, Field(ge=1, le=20)]
    """How many looks there are, the last one included; each adds the same number of subjects."""

    look: Annotated[int, Field(ge=1, le=20)]
    """The number of this look, from 1 on."""

    spending: Spending = "obrien_fleming"
    """How the level is spent: hardly any of it early, or evenly (Lan and DeMets 1983)."""

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of all subjects that have come by each look."""
        return tuple((place + 1) / self.planned for place in range(self.planned))


@dataclass(frozen=True)
class Design:
    """What the tests of an experiment must keep."""

    level: float
    """One-sided level of a test: the chance of a wrong yes."""
    power: float
    """The wanted chance of a right yes."""
    control_share: float
    """The planned share of subjects in the control arm."""
    looks: Looks | None = None
    claims: int = 1
    """Number of claims of superiority that share the level."""

    def __post_init__(self) -> None:
        """Raise a ConfigError if the look is beyond the last one planned."""
        if self.looks is not None and self.looks.look > self.looks.planned:
            msg = f"looks: look {self.looks.look} is none of the {self.looks.planned} planned."
            raise ConfigError(msg)

    def nominal(self, claims: int = 1) -> float:
        """The level for the p-value of each of `claims` claims at the present look."""
        return self._nominal(claims, 0 if self.looks is None else self.looks.look)

    def last(self, claims: int = 1) -> float:
        """The level for the p-value of each of `claims` claims at the last look."""
        return self._nominal(claims, 0 if self.looks is None else self.looks.planned)

    def _nominal(self, claims: int, look: int) -> float:
        from scipy.special import ndtr

        if self.looks is None:
            return self.level / claims
        values = critical_values(self.level / claims, self.looks.shares, self.looks.spending)
        return float(ndtr(-values[look - 1]))
