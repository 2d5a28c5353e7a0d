"""Every text of a config: a location, which refuses secrets, or known to be none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import jsonschema
import pytest
from pydantic import StringConstraints

from mxt.configs import NO_SECRET, Location
from mxt.kinds import Strict
from mxt.settings import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = (
    "https://u:hunter2@host/x",
    "http://hunter2@host",
    "https://host/x?sig=hunter2",
    "s3://key:hunter2@bucket",
)
PLAIN = {
    *("alias", "alias_or_version", "app_name", "approvers", "column", "columns", "control"),
    *("criteria", "encoding", "exclude", "experiment_name", "filters", "group", "id_column", "metric"),
    *("missing", "name", "options", "partition_by", "positive", "prediction", "query", "reason"),
    *("requested_by", "run_description", "run_name", "run_tags", "salt", "subject", "tags", "target"),
    *("time_formats", "treatment", "value", "values", "watermark"),
}
"""Fields with texts that are no location: names, values, sentences, statements, options of Spark."""
LOCATIONS = {"file", "inputs_schema", "master", "path", "registry_uri", "tracking_uri", "url"}


def texts(field: Any) -> Iterator[dict[str, Any]]:
    """The parts of a field's schema that take a text of no fixed choice."""
    if isinstance(field, list):
        for part in field:
            yield from texts(part)
    elif isinstance(field, dict) and "discriminator" not in field:
        if field.get("type") == "string" and not {"const", "enum"} & {*field}:
            yield field
        for name in ("anyOf", "oneOf", "items", "prefixItems", "additionalProperties"):
            yield from texts(field.get(name))


def open_texts(blocks: dict[str, Any]) -> dict[str, set[str]]:
    """The fields with a text that may hold a secret, and the blocks that have such a field."""
    fields: dict[str, set[str]] = {}
    for block, content in blocks.items():
        for name, field in content.get("properties", {}).items():
            for text in texts(field):
                takes = jsonschema.Draft202012Validator(text).is_valid
                if any(map(takes, SECRETS)):
                    fields.setdefault(name, set()).add(block)
    return fields


def test_a_text_that_may_hold_a_secret_is_known_to_be_no_location() -> None:
    """A new location takes `Location`, or a type with `NO_SECRET`; any other text is named above."""
    blocks = json_schema()["$defs"]
    found = open_texts(blocks)
    assert {name: kinds for name, kinds in found.items() if name not in PLAIN} == {}
    assert {*found} == PLAIN
    names = {name for block in blocks.values() for name in block.get("properties", {})}
    assert names >= LOCATIONS


class Careless(Strict):
    """A block whose locations are plain texts."""

    path: str
    """Where."""
    urls: tuple[str, ...] = ()
    """Where else."""
    hosts: dict[str, Annotated[str, StringConstraints(max_length=99)]] = {}
    """And where else."""


class Careful(Strict):
    """A block whose locations refuse secrets."""

    path: Location
    """Where."""
    urls: tuple[Annotated[str, NO_SECRET], ...] = ()
    """Where else."""


@pytest.mark.parametrize(("block", "found"), [(Careless, {"path", "urls", "hosts"}), (Careful, set())])
def test_a_new_block_with_a_location_that_is_a_plain_text_would_be_found(
    block: type[Strict], found: set[str]
) -> None:
    assert {*open_texts({"block": block.model_json_schema()})} == found
