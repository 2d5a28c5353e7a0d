"""Shares of a table's parts, for runs on several machines."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field


def place_of(shard: str) -> tuple[int, int]:
    """The number of a share, from 1 on, and how many shares there are."""
    place, _, shares = shard.partition("/")
    return int(place), int(shares)


def _in_range(shard: str) -> str:
    place, shares = place_of(shard)
    if place > shares:
        msg = f"There is no share {place} of {shares}."
        raise ValueError(msg)
    return shard


Shard = Annotated[str, Field(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$"), AfterValidator(_in_range)]
"""A share as text, as ``2/8``."""
