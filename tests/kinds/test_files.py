"""The files name the families and their members as the classes do."""

from __future__ import annotations

import pytest

from mxt.kinds import files, members
from mxt.kinds.families import families
from mxt.kinds.texts import help_of


@pytest.mark.parametrize("family", families())
def test_the_files_name_the_members_of_a_family(family: str) -> None:
    kinds = families()[family]
    entries = files.members(kinds.__module__)
    own = {name: kind for name, kind in members(kinds).items() if kind.__module__.startswith("mxt.")}
    assert {name: entry.module for name, entry in entries.items()} == {
        name: kind.__module__ for name, kind in own.items()
    }
    assert {name: entry.headline for name, entry in entries.items()} == {
        name: help_of(kind).partition("\n")[0] for name, kind in own.items()
    }


def test_the_files_name_every_family() -> None:
    own = {name: family for name, family in families().items() if family.__module__.startswith("mxt.")}
    assert {name: entry.module for name, entry in files.families().items()} == {
        name: family.__module__ for name, family in own.items()
    }
    assert files.families()["Gate"].headline == help_of(own["Gate"]).partition("\n")[0]


def test_a_family_that_lies_with_its_members_has_no_files() -> None:
    assert files.members("acme.gates") == {}
