"""Origins: from which table, by which split and recipe a version was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter
from mxt.errors import ConfigError
from mxt.kinds import OneOf, Strict
from mxt.models.base import Recipe
from mxt.registries import digests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxt.registries.versions import Pinned


class Origin(Strict):
    """How a version was made."""

    inputs: OneOf[Reader]
    """The whole table that it was trained on."""
    target: str
    """Column that it predicts."""
    splitter: OneOf[Splitter]
    """How rows were held out."""
    recipe: OneOf[Recipe]
    """How it was fitted."""


def origin_of(pinned: Pinned, given: Mapping[str, Any], root: str) -> Origin:
    """How a version was made, by the record of its training run; by `given` where there is none.

    Args:
        pinned: The version.
        given: What a job says of it, as JSON; None where it says nothing. The table may be read elsewhere.
        root: The project's root, which relative paths start from.

    Raises:
        ConfigError: Neither tells all, or `given` says otherwise than the record.
    """
    told = digests.recorded(pinned.run_id, "config.json")
    recipe = digests.recorded(pinned.run_id, digests.RECIPE_FILE) or told.get("recipe")
    record = {name: told.get(name) for name in Origin.model_fields} | {"recipe": recipe}
    own = {name: value for name, value in given.items() if value is not None}
    absent = [name for name, value in (record | own).items() if value is None]
    if absent:
        msg = f"The run that trained {pinned} does not tell its {', '.join(absent)}; give the job these."
        raise ConfigError(msg)
    origin = _origin(record | own, pinned, root)
    known = {name: value for name, value in record.items() if value is not None and name != "inputs"}
    trained = _origin(record | own | known, pinned, root)
    other = [name for name in known if getattr(origin, name) != getattr(trained, name)]
    if other:
        msg = f"{pinned} was trained with another {' and '.join(other)} than the job says; leave that out."
        raise ConfigError(msg)
    return origin


def _origin(content: dict[str, Any], pinned: Pinned, root: str) -> Origin:
    try:
        return Origin.model_validate_json(json.dumps(content), context={"root": root})
    except ValidationError as error:
        blocks = sorted({str(fault["loc"][0]) for fault in error.errors()})
        msg = f"What the run that trained {pinned} tells of its {', '.join(blocks)} cannot be read here."
        raise ConfigError(msg) from error
