"""Origins of versions: the table, the split and the recipe of the training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
    """The table, split and recipe that a version was trained with."""

    inputs: OneOf[Reader]
    """The whole table, before the split."""
    target: str
    """Column that the version predicts."""
    splitter: OneOf[Splitter]
    """How rows were held out."""
    recipe: OneOf[Recipe]
    """How the model was fitted."""


def origin_of(pinned: Pinned, given: Mapping[str, object], root: str) -> Origin:
    """The origin of a version, by the record of its training run; by `given` where there is no record.

    Args:
        pinned: The version.
        given: The fields of an `Origin` in a job's config, as JSON; None where the config leaves them out.
            Its `inputs` replace the recorded ones, since the table may have moved.
        root: The project's root, which relative paths start from.

    Raises:
        ConfigError: A field is neither recorded nor given, or is given otherwise than it is recorded.
    """
    config = digests.recorded(pinned.run_id, "config.json")
    recipe = digests.recorded(pinned.run_id, digests.RECIPE_FILE) or config.get("recipe")
    record = {name: config.get(name) for name in Origin.model_fields} | {"recipe": recipe}
    own = {name: value for name, value in given.items() if value is not None}
    absent = [name for name, value in (record | own).items() if value is None]
    if absent:
        msg = f"The run that trained {pinned} does not record its {', '.join(absent)}; give the job these."
        raise ConfigError(msg)
    origin = _origin(record | own, pinned, root)
    known = {name: value for name, value in record.items() if value is not None and name != "inputs"}
    trained = _origin(record | own | known, pinned, root)
    other = [name for name in known if getattr(origin, name) != getattr(trained, name)]
    if other:
        msg = f"{pinned} was trained with another {' and '.join(other)} than the job's; leave that out."
        raise ConfigError(msg)
    return origin


def _origin(content: Mapping[str, object], pinned: Pinned, root: str) -> Origin:
    try:
        return Origin.model_validate_json(json.dumps(content), context={"root": root})
    except ValidationError as error:
        blocks = sorted({str(fault["loc"][0]) for fault in error.errors()})
        msg = f"The {', '.join(blocks)} that the run that trained {pinned} recorded cannot be read here."
        raise ConfigError(msg) from error
