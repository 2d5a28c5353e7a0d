"""How sure an experiment must be: its level, its looks, and the power that it should have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from mxt.errors import ConfigError
from mxt.kinds import Strict
from mxt.stats.sequential import Spending, critical_values


class Looks(Strict):
    """Looks at an experiment before its end, planned before its start.

    A yes at any look is final; the level is divided over the looks so that a wrong yes at any of them is no
    likelier than the level.
    """

    planned: Annotated[int, Field(ge=1, le=20)]
    """How many looks there are, the last one included; each sees as many new subjects as the others."""

    look: Annotated[int, Field(ge=1, le=20)]
    """Which of them this is, from 1 on."""

    spending: Spending = "obrien_fleming"
    """How the level is spent: hardly any of it early, or evenly (Lan and DeMets 1983)."""

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of all subjects that each look sees."""
        return tuple((place + 1) / self.planned for place in range(self.planned))


@dataclass(frozen=True)
class Design:
    """What the tests of an experiment are held to."""

    level: float
    """One-sided: the chance of a wrong yes."""
    power: float
    """The chance of a right yes that is wanted."""
    control_share: float
    """The share of the subjects planned for the control arm."""
    looks: Looks | None = None
    claims: int = 1
    """How many claims of superiority keep the level together."""

    def __post_init__(self) -> None:
        """Raise a ConfigError if the look is none of those planned."""
        if self.looks is not None and self.looks.look > self.looks.planned:
            msg = f"looks: look {self.looks.look} is none of the {self.looks.planned} planned."
            raise ConfigError(msg)

    def nominal(self, claims: int = 1) -> float:
        """What the p-value of one of so many claims is held against now."""
        return self._nominal(claims, 0 if self.looks is None else self.looks.look)

    def last(self, claims: int = 1) -> float:
        """What the p-value of one of so many claims is held against at the last look."""
        return self._nominal(claims, 0 if self.looks is None else self.looks.planned)

    def _nominal(self, claims: int, look: int) -> float:
        from scipy.special import ndtr

        if self.looks is None:
            return self.level / claims
        values = critical_values(self.level / claims, self.looks.shares, self.looks.spending)
        return float(ndtr(-values[look - 1]))
