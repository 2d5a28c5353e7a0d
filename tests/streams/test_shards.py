"""Shares as text."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from mxt.streams.shards import Shard, place_of

SHARD: TypeAdapter[str] = TypeAdapter(Shard)


@pytest.mark.parametrize(("text", "place"), [("1/1", (1, 1)), ("2/8", (2, 8)), ("12/12", (12, 12))])
def test_a_share_has_a_place_among_all_shares(text: str, place: tuple[int, int]) -> None:
    assert place_of(SHARD.validate_python(text)) == place


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "2", "/2", "2/", "01/3", "-1/3", "1/2/3", "a/b"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SHARD.validate_python(text)
