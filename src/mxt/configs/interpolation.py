"""Interpolation: ``${job.target}`` stands for another value of the same config.

Only keys can be named. Resolvers such as ``${oc.env:NAME}`` are refused, since the values that they fetch
would end up in logs and records; a field that needs a secret takes ``env:NAME`` instead.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mxt.configs.yaml import Node
from mxt.errors import ConfigError

MAX_CHARACTERS = 1_000_000
MAX_CHAIN = 16

_OPENING = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+|\[[0-9]+\])*\})?")

Path: TypeAlias = tuple[str | int, ...]


def resolve(content: dict[str, Node], where: Callable[[Path], str]) -> dict[str, Node]:
    """Replace every ``${key}`` by the value it names.

    Args:
        content: A merged config.
        where: Gives the place where the value at a path was written, for messages.

    Raises:
        ConfigError: An interpolation has another form, names no key, runs in a circle, or would make the
            config grow beyond `MAX_CHARACTERS`.
    """
    faults = list(_faults(content, where))
    if faults:
        raise ConfigError("\n".join(faults))
    try:
        resolved = OmegaConf.to_container(OmegaConf.create(content), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        msg = f"{error.full_key}: {str(error).splitlines()[0]}"
        raise ConfigError(msg) from error
    return cast("dict[str, Node]", resolved)


def dotted(path: Path) -> str:
    """A path as users write it: ``job.metrics[0].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, str]]:
    match node:
        case dict():
            for key, value in node.items():
                yield from _texts(value, (*path, key))
        case list():
            for index, value in enumerate(node):
                yield from _texts(value, (*path, index))
        case str():
            yield path, node


def _faults(content: dict[str, Node], where: Callable[[Path], str]) -> Iterator[str]:
    known: dict[str, tuple[int, int]] = {}
    grown = 0
    for path, text in _texts(content, ()):
        fault = _form_fault(text)
        if not fault:
            try:
                size, steps = _size(text, content, known, ())
            except (KeyError, IndexError, ValueError, TypeError):
                fault = "its interpolation names a key that the config does not have"
            except RecursionError:
                fault = f"its interpolations run in a circle or more than {MAX_CHAIN} steps deep"
            else:
                grown += size if steps else 0
        if grown > MAX_CHARACTERS:
            fault = f"interpolations would make the config grow beyond {MAX_CHARACTERS} characters"
        if fault:
            yield f"{where(path)}: {dotted(path)}: {fault}"
        if grown > MAX_CHARACTERS:
            return


def _form_fault(text: str) -> str:
    if any(not opening[1] for opening in _OPENING.finditer(text)):
        return (
            "an interpolation names a key, as ${job.target}; "
            "secrets are named where a field takes them, as env:NAME"
        )
    return "??? stands for a value that was not given" if text == "???" else ""


def _size(
    node: Node, content: Node, known: dict[str, tuple[int, int]], chain: tuple[str, ...]
) -> tuple[int, int]:
    """How many characters `node` would have once resolved, and how deep the steps to it go.

    Nothing is resolved to count them; `known` keeps the counts of each key.
    """
    total, steps = len(json.dumps(node)), 0
    for _, text in _texts(node, ()):
        for opening in _OPENING.finditer(text):
            key = opening[1].rstrip("}")
            if key in chain or len(chain) >= MAX_CHAIN:
                raise RecursionError
            if key not in known:
                known[key] = _size(_lookup(content, key), content, known, (*chain, key))
            total += known[key][0]
            steps = max(steps, known[key][1] + 1)
    if steps > MAX_CHAIN:
        raise RecursionError
    return total, steps


def _lookup(node: Node, key: str) -> Node:
    for part in re.findall(r"[^.\[\]]+", key):
        if isinstance(node, list):
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node[part]
        else:
            raise KeyError(part)
    return node
