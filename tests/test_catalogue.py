"""The catalogue lists families and kinds, and shows one with the types of its fields."""

from __future__ import annotations

import pytest

from mxt.catalogue import catalogue
from mxt.errors import ConfigError
from mxt.kinds import members
from mxt.kinds.families import families


def test_every_family_and_kind_is_listed_with_its_first_line() -> None:
    text = catalogue("")
    for name, family in families().items():
        assert f"\n{name}: " in f"\n{text}"
        assert all(f"\n  {kind} " in text for kind in members(family))


def test_a_kind_is_shown_with_types_defaults_and_example() -> None:
    text = catalogue("HoldoutSplitter")
    assert "Fields:\n  test_share (number above 0 and below 1; default 0.2): " in text
    assert text.endswith("Example:\n  {KIND: HoldoutSplitter, test_share: 0.2, seed: 0}")
    assert "(Explainer; default " in catalogue("CompositeExplainer")


@pytest.mark.parametrize(
    ("name", "meant"), [("HoldoutSpliter", "HoldoutSplitter"), ("gate", "Gate"), ("Saver2", "Saver")]
)
def test_a_near_miss_is_named(name: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no kind or family {name!r}; did you mean {meant!r}"):
        catalogue(name)
