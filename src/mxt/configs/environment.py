"""The layer of a config that comes from the environment: ``MXT_JOB__INPUTS__LIMIT=100``."""

from collections.abc import Mapping

from mxt.configs.loader import MAX_DEPTH, TOO_DEEP
from mxt.configs.merging import merge
from mxt.configs.yaml import ENVIRONMENT, HIDDEN, Node, hidden, parse_value
from mxt.errors import ConfigError

_HEAD = "MXT_JOB"


def read_environment(variables: Mapping[str, str]) -> dict[str, Node]:
    """The fields of the job that variables set: names in any case, values read as YAML.

    A variable of a whole block comes before those of its fields, whatever their order in the environment.

    Raises:
        ConfigError: A variable names no field, or its value breaks a rule.
    """
    layer: dict[str, Node] = {}
    for name in sorted(variables, key=lambda name: (name.count("__"), name)):
        head, *path = name.upper().split("__")
        if head == _HEAD:
            layer = merge(layer, {"job": _block(name.upper(), path, variables[name])})
    return layer


def _block(name: str, path: list[str], text: str) -> Node:
    """What a variable sets, within the blocks that its name walks through."""
    fault = f": {TOO_DEEP}" if len(path) >= MAX_DEPTH else f": {HIDDEN}" if hidden(name) else ""
    if not path:
        fault = f" cannot be set whole; set a field, as {_HEAD}__INPUTS__LIMIT=9"
    if fault:
        msg = f"{ENVIRONMENT}: {name}{fault}"
        raise ConfigError(msg)
    node = parse_value(text, ENVIRONMENT, name)
    for part in reversed(path):
        node = {"KIND" if part == "KIND" else part.lower(): node}
    return node
