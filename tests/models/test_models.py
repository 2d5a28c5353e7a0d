"""The package's public name, imported when it is first used."""

from __future__ import annotations

import pytest

import mxt.models
from mxt.models.base.model import Model


def test_the_facade_is_the_only_public_name() -> None:
    assert mxt.models.Model is Model
    with pytest.raises(AttributeError, match="has no attribute 'Recipes'"):
        getattr(mxt.models, "Recipes")  # noqa: B009 - a name that no type checker knows
