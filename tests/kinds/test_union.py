"""A field of a family takes any of its members, by KIND, as pydantic's own tagged union would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import pytest
import yaml
from pydantic import Discriminator, ValidationError

import mxt.settings
from conftest import REPOSITORY
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.splitters.grouped import GroupedSplitter
from mxt.datasets.splitters.holdout import HoldoutSplitter
from mxt.datasets.splitters.stratified import StratifiedSplitter
from mxt.datasets.splitters.time import TimeSplitter
from mxt.kinds import OneOf, Strict, members
from mxt.kinds.families import families
from mxt.kinds.texts import example_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MEMBERS = {name: kind for family in families().values() for name, kind in members(family).items()}


class Held(Strict):
    """A block with members of a family."""

    splitter: OneOf[Splitter]
    others: tuple[OneOf[Splitter], ...] = ()
    perhaps: OneOf[Splitter] | None = None


Tagged = Annotated[
    GroupedSplitter | HoldoutSplitter | StratifiedSplitter | TimeSplitter, Discriminator("KIND")
]


class Reference(Strict):
    """The same by pydantic's own union."""

    splitter: Tagged
    others: tuple[Tagged, ...] = ()
    perhaps: Tagged | None = None


HOLDOUT = {"KIND": "HoldoutSplitter"}
BLOCKS: list[dict[str, Any]] = [
    {"splitter": HOLDOUT},
    {"splitter": HOLDOUT, "others": [HOLDOUT, {"KIND": "GroupedSplitter", "column": "a"}], "perhaps": None},
    {"splitter": {**HOLDOUT, "test_share": "much"}},
    {"splitter": {**HOLDOUT, "nobody": 1}},
    {"splitter": {"KIND": "GroupedSplitter"}},
    {"splitter": {"KIND": "Nobody"}},
    {"splitter": {"KIND": 3}},
    {"splitter": {}},
    {"splitter": 5},
    {"splitter": [HOLDOUT]},
    {"splitter": HOLDOUT, "others": [HOLDOUT, {"KIND": "TimeSplitter", "column": 5}]},
    {"splitter": HOLDOUT, "perhaps": {"KIND": "HoldoutSplitter", "test_share": 2}},
]


def outcome(block: type[Strict], content: dict[str, Any], *, as_json: bool) -> object:
    """What a block makes of a content: its dump, or its faults without the names of members on the way."""
    try:
        made = block.model_validate_json(json.dumps(content)) if as_json else block.model_validate(content)
        return made.model_dump_json()
    except ValidationError as error:
        return [_fault(fault) for fault in error.errors(include_url=False)]


def _fault(fault: ErrorDetails) -> object:
    place = tuple(
        part for part in fault["loc"] if not str(part).endswith("Splitter") and part != "tagged-union"
    )
    return place, fault["type"], fault["input"]


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "python"])
@pytest.mark.parametrize("content", BLOCKS, ids=str)
def test_a_field_accepts_and_refuses_what_a_tagged_union_does(
    content: dict[str, Any], *, as_json: bool
) -> None:
    assert outcome(Held, content, as_json=as_json) == outcome(Reference, content, as_json=as_json)


def test_a_member_that_is_made_already_is_taken_as_it_is() -> None:
    splitter = HoldoutSplitter()
    assert Held(splitter=splitter).splitter is splitter


def test_the_json_schema_of_a_field_is_that_of_a_tagged_union() -> None:
    ours, theirs = Held.model_json_schema(), Reference.model_json_schema()
    assert ours["properties"] == theirs["properties"]
    assert ours["$defs"] == theirs["$defs"]


def test_an_unknown_kind_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError) as caught:
        Held.model_validate({"splitter": {"KIND": "Nobody"}})
    (fault,) = caught.value.errors()
    assert fault["ctx"]["expected_tags"] == ", ".join(map(repr, members(Splitter)))


def test_each_union_of_the_json_schema_tells_members_apart_by_kind() -> None:
    schema = mxt.settings.json_schema()
    job = schema["properties"]["job"]
    assert job["discriminator"]["propertyName"] == "KIND"
    assert {choice["$ref"].rpartition("/")[2] for choice in job["oneOf"]} == set(members(families()["Job"]))


JOBS = [
    *(yaml.safe_load(path.read_text())["job"] for path in sorted((REPOSITORY / "confs").glob("*.yaml"))),
    *(yaml.safe_load(example_of(kind)) for kind in members(families()["Job"]).values()),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["KIND"])
def test_a_job_and_the_kinds_within_it_survive_a_round_trip(job: dict[str, Any]) -> None:
    read = MEMBERS[job["KIND"]].model_validate_json(json.dumps(job))
    written = read.model_dump_json(by_alias=True)
    again = MEMBERS[job["KIND"]].model_validate_json(written)
    assert again.model_dump_json(by_alias=True) == written
    for name, block in job.items():
        inner = getattr(again, {"register": "register_"}.get(name, name))
        if isinstance(block, dict) and "KIND" in block:
            assert type(inner) is MEMBERS[block["KIND"]]
        if isinstance(block, list) and isinstance(block[0], dict) and "KIND" in block[0]:
            assert [type(item) for item in inner] == [MEMBERS[item["KIND"]] for item in block]
