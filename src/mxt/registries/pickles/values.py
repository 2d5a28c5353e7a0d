"""What is followed while a pickle is read: globals, what is made by them, and what reading may cost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_STEPS = 5_000_000
"""Steps of all pickles of one file, which take a few seconds to read."""
MOST_NAMES = 10_000
_BYTES_OF_A_STEP = 4096
"""Bytes that are searched in the time of a step."""


class TooMuch(ValueError):  # noqa: N818 - a ValueError that ends the reading of a whole file
    """A file costs more than reading one may."""


@dataclass
class Budget:
    """What is left to spend on one file, with all that is nested in it."""

    steps: int = MOST_STEPS
    unpacked: int = 1 << 30
    """Bytes that compressed parts may unpack to."""
    names: set[str] = field(default_factory=set)
    known: set[bytes] = field(default_factory=set)
    """Digests of the pickles that were read, each of which is read into once."""

    def take(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            TooMuch: There are no more.
        """
        self.steps -= steps
        if self.steps < 0:
            msg = f"it has more than {MOST_STEPS:,} steps"
            raise TooMuch(msg)

    def search(self, content: bytes) -> None:
        """Count the steps in whose time content is searched."""
        self.take(1 + len(content) // _BYTES_OF_A_STEP)

    def bound(self, names: set[str]) -> None:
        """Raise TooMuch for more names than any model has."""
        if len(names) > MOST_NAMES:
            msg = f"it names more than {MOST_NAMES:,} globals"
            raise TooMuch(msg)


@dataclass(frozen=True)
class Global:
    """A global that the program names."""

    name: str


@dataclass
class Made:
    """An object of a class, or the result of a function, that the program names."""

    by: str
    arguments: tuple[object, ...] = ()
    state: object = None


def item_size(kind: object) -> int | None:
    """Bytes of an item by a pickled dtype of numpy; 0 for Python's objects, None if it is not clear."""
    if not (isinstance(kind, Made) and kind.by == "numpy.dtype" and kind.arguments):
        return None
    match = re.fullmatch(r"([a-zA-Z?])(\d+)", str(kind.arguments[0]))
    if match is None:
        return None
    state = kind.state if isinstance(kind.state, tuple) else ()
    with_objects = len(state) > 7 and isinstance(state[7], int) and state[7] & 1  # noqa: PLR2004 - NPY_ITEM_HASOBJECT
    if match[1] == "O" or with_objects:
        return 0
    return int(match[2]) * (4 if match[1] == "U" else 1)


def items_of(taken: list[object]) -> dict[object, object]:
    """Keys and values that follow each other, as far as the keys are texts: others might hash for ever."""
    return {key: value for key, value in zip(taken[::2], taken[1::2], strict=False) if isinstance(key, str)}
