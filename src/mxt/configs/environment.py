"""The layer of a config that comes from the environment: ``MXT_JOB__INPUTS__LIMIT=100``."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from mxt.configs.loader import MAX_DEPTH, TOO_DEEP
from mxt.configs.merging import merge
from mxt.configs.yaml import ENVIRONMENT, HIDDEN, Node, hidden, parse_value
from mxt.errors import ConfigError

_HEAD, _BETWEEN = "MXT_JOB", "__"


def read_environment(variables: Mapping[str, str]) -> dict[str, Node]:
    """The fields of the job that variables set: names in any case, values read as YAML.

    A variable of a whole block comes before those of its fields, whatever their order in the environment.

    Raises:
        ConfigError: A variable names no field, or its value breaks a rule.
    """
    own = {name.upper(): variables[name] for name in sorted(variables) if _is_own(name)}
    layer: dict[str, Node] = {}
    for _, names in groupby(sorted(own, key=_levels), _levels):
        level = {name: own[name] for name in names}
        for name in level:
            _check(name)
        layer = merge(layer, {"job": _as_config(_read(level), _HEAD)})
    return layer


def _is_own(name: str) -> bool:
    return name.upper().partition(_BETWEEN)[0] == _HEAD


def _levels(name: str) -> int:
    return name.count(_BETWEEN)


def _check(name: str) -> None:
    fault = f": {TOO_DEEP}" if _levels(name) >= MAX_DEPTH else f": {HIDDEN}" if hidden(name) else ""
    if name == _HEAD:
        fault = f" cannot be set whole; set a field, as {_HEAD}__INPUTS__LIMIT=9"
    if fault:
        msg = f"{ENVIRONMENT}: {name}{fault}"
        raise ConfigError(msg)


def _read(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """The blocks that the names of variables walk through, in small letters, by pydantic-settings."""
    from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

    class Environment(BaseSettings):
        """The fields of the job; their values are texts, since YAML is read by rules of our own."""

        model_config = SettingsConfigDict(
            env_prefix="MXT_", env_nested_delimiter=_BETWEEN, enable_decoding=False
        )
        job: Mapping[str, Any] = {}

    source = EnvSettingsSource(Environment)
    source.env_vars = {name.lower(): text for name, text in variables.items()}
    return Environment.model_validate(source()).job


def _as_config(node: Any, name: str) -> Node:
    """A tree of texts as config: names in small letters but for KIND, values read as YAML."""
    if isinstance(node, str):
        return parse_value(node, ENVIRONMENT, name)
    return {
        "KIND" if key == "kind" else key: _as_config(value, f"{name}{_BETWEEN}{key.upper()}")
        for key, value in node.items()
    }
