"""What one config holds, read from its layers and validated; every fault is reported with its line."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mxt import configs
from mxt.errors import ConfigError
from mxt.faults import in_words
from mxt.jobs.base import Job
from mxt.kinds import OneOf, Strict


class Settings(Strict):
    """A config: the job to run."""

    job: OneOf[Job]
    """The job to run."""


def load(files: Sequence[str], overrides: Sequence[str]) -> Settings:
    """Read, merge and validate a config.

    Raises:
        ConfigError: Some layer is broken; the message has a line for every fault.
    """
    config = configs.load(files, configs.read_environment(os.environ), overrides)
    context = {"root": config.root, "files": _digests(files, config.root)}
    try:
        return Settings.model_validate_json(json.dumps(config.content), context=context)
    except ValidationError as error:
        every = in_words(config, error.errors(include_url=False), Settings)
        lines = sorted(islice(every, configs.MAX_FAULTS), key=_by_line)
        more = [configs.MORE_FAULTS] if next(every, "") else []
        raise ConfigError("\n".join([*lines, *more])) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a config."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}


def schema_text() -> str:
    """The JSON Schema as it is printed, and kept in the package as ``schema.json``.

    It has the words of draft 2020-12 alone, since strict validators such as ajv refuse a schema with others.
    """
    return json.dumps(_standard(json_schema()), indent=2) + "\n"


def _standard(schema: Any) -> Any:  # noqa: ANN401 - a part of a JSON Schema
    """The schema without OpenAPI's ``discriminator``; the KIND of each member says the same."""
    if isinstance(schema, list):
        return [_standard(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    foreign = isinstance(schema.get("discriminator"), dict) and "propertyName" in schema["discriminator"]
    return {
        name: _standard(part) for name, part in schema.items() if not (foreign and name == "discriminator")
    }


def _digests(files: Sequence[str], root: str) -> dict[str, str]:
    """SHA-256 of the files, by their paths from the root."""
    return {
        Path(os.path.relpath(file, root)).as_posix(): hashlib.sha256(Path(file).read_bytes()).hexdigest()
        for file in files
    }


def _by_line(line: str) -> str:
    """A key that sorts line 12 after line 6."""
    return re.sub(r"[0-9]+", lambda number: number[0].zfill(9), line)
