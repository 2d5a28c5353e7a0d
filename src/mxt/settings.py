"""What one config holds, read from its layers and validated; every fault is reported with its line."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mxt import configs
from mxt.errors import ConfigError
from mxt.faults import in_words
from mxt.jobs.base import Job
from mxt.kinds import OneOf, Strict


class Settings(Strict):
    """A config: the job to run."""

    job: OneOf[Job]
    """The job to run."""


class Environment(BaseSettings):
    """The layer of a config that comes from the environment: ``MXT_JOB__INPUTS__LIMIT=100``."""

    model_config = SettingsConfigDict(
        env_prefix="MXT_", env_nested_delimiter="__", enable_decoding=False, extra="ignore"
    )

    job: Mapping[str, Any] = {}  # not a dict, whose values would be read as JSON, past the rules for YAML
    """Fields of the job, by their names in capitals."""


def load(files: Sequence[str], overrides: Sequence[str]) -> Settings:
    """Read, merge and validate a config.

    Raises:
        ConfigError: Some layer is broken; the message has a line for every fault.
    """
    config = configs.load(files, _environment(), overrides)
    context = {"root": config.root, "files": _digests(files, config.root)}
    try:
        return Settings.model_validate_json(json.dumps(config.content), context=context)
    except ValidationError as error:
        lines = sorted(in_words(config, error.errors(include_url=False), Settings), key=_by_line)
        raise ConfigError("\n".join(lines)) from None


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


def _by_line(line: str) -> list[str | int]:
    """A key that sorts line 12 after line 6."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", line)]


def _environment() -> dict[str, Any]:
    try:
        job = Environment().job
    except ValidationError as error:
        msg = f"{configs.ENVIRONMENT}: MXT_JOB cannot be set whole; set a field, as MXT_JOB__INPUTS__LIMIT=9"
        raise ConfigError(msg) from error
    return {"job": _read(job, "MXT_JOB")} if job else {}


def _read(node: Any, name: str) -> Any:  # noqa: ANN401 - a tree of any depth
    """Nested variables as config: names in lower case but for KIND, values read as YAML."""
    if isinstance(node, Mapping):
        return {
            "KIND" if key == "kind" else key: _read(value, f"{name}__{key.upper()}")
            for key, value in node.items()
        }
    return configs.parse_value(node, configs.ENVIRONMENT, name) if isinstance(node, str) else node
