"""Interpolation: ``${job.target}`` stands for another value of the same config.

Only keys can be named. Resolvers such as ``${oc.env:NAME}`` are refused, since the values that they fetch
would end up in logs and records; a field that needs a secret takes ``env:NAME`` instead.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, cast

from mxt.configs.loader import MAX_DEPTH, TOO_DEEP
from mxt.configs.yaml import MAX_FAULTS, Node
from mxt.errors import ConfigError

MAX_CHARACTERS = 1_000_000
MAX_VALUES, MAX_WRITTEN = 5_000, 100_000
"""Interpolations with the values that they name, and characters of the texts that have some; each once.

OmegaConf takes up to 0.2 ms for a value, and up to 10 microseconds for a character.
"""
MAX_CHAIN = 16

_OPENING = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+|\[[0-9]+\])*\})?")
_TEXTS = ""
"""The key of OmegaConf's config that holds the texts; no interpolation can name it."""

Path: TypeAlias = tuple[str | int, ...]


def resolve(content: dict[str, Node], where: Callable[[Path], str]) -> dict[str, Node]:
    """Replace every ``${key}`` by the value it names.

    Args:
        content: A merged config.
        where: Gives the place where the value at a path was written, for messages.

    Raises:
        ConfigError: An interpolation has another form, names no key, or runs in a circle; or there are more
            than `MAX_CHARACTERS`, `MAX_VALUES` or `MAX_WRITTEN` allow.
    """
    known: dict[str, _Extent] = {}
    faults = list(islice(_faults(content, known, where), MAX_FAULTS))
    if faults:
        raise ConfigError("\n".join(faults))
    if not known:
        return content
    texts = sorted({text for _, text in _scalars(content, ()) if isinstance(text, str) and "${" in text})
    named = sum(extent.values for extent in known.values()) + sum(text.count("${") for text in texts)
    if named > MAX_VALUES or sum(map(len, texts)) > MAX_WRITTEN:
        msg = (
            f"{where(())}: interpolations and the values that they name are {MAX_VALUES} at most, "
            f"in texts of {MAX_WRITTEN} characters together"
        )
        raise ConfigError(msg)
    return cast("dict[str, Node]", _replaced(content, _values(content, texts, known)))


def _replaced(node: Node, values: dict[str, Node]) -> Node:
    match node:
        case dict():
            return {key: _replaced(value, values) for key, value in node.items()}
        case list():
            return [_replaced(value, values) for value in node]
        case str():
            return values.get(node, node)
    return node


def _values(content: dict[str, Node], texts: list[str], keys: Iterable[str]) -> dict[str, Node]:
    """What each text with an interpolation stands for; OmegaConf sees these texts and what they name alone.

    It takes 40 microseconds for each value that it sees, and a config may hold tens of thousands.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        config = OmegaConf.create({**_named(content, keys), _TEXTS: texts})
        values = OmegaConf.to_container(config[_TEXTS], resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        msg = f"{error.full_key}: {str(error).splitlines()[0]}"
        raise ConfigError(msg) from error
    return dict(zip(texts, cast("list[Node]", values), strict=True))


def _named(content: dict[str, Node], keys: Iterable[str]) -> dict[str | int, Any]:
    """The config less what no key names; a list of which only items are named maps their places to them."""
    named: dict[str | int, Any] = {}
    whole: set[Path] = set()
    for steps in sorted((list(_steps(content, key)) for key in keys), key=len):
        path = tuple(step for step, _ in steps)
        if any(path[:end] in whole for end in range(1, len(path) + 1)):
            continue
        whole.add(path)
        holder = named
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        holder[path[-1]] = steps[-1][1]
    return named


def dotted(path: Path) -> str:
    """A path as users write it: ``job.metrics[0].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _scalars(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """The values that hold no others, an empty list or mapping among them, by their paths."""
    if not (isinstance(node, (dict, list)) and node):
        yield path, node
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from _scalars(value, (*path, key))


@dataclass(frozen=True)
class _Extent:
    """How large a node would be once resolved."""

    characters: int
    values: int
    """Scalars and interpolations in it as it is written."""
    steps: int
    """How deep the steps from key to key go."""
    levels: int
    """How deep its lists and mappings are nested."""


def _faults(
    content: dict[str, Node], known: dict[str, _Extent], where: Callable[[Path], str]
) -> Iterator[str]:
    """What is wrong with the interpolations; `known` takes the extent of each key that is named."""
    grown = 0
    for path, node in _scalars(content, ()):
        fault = _form_fault(node) if isinstance(node, str) else ""
        if not fault:
            try:
                extent = _extent(node, content, known, ())
            except (KeyError, IndexError, ValueError, TypeError):
                fault = "its interpolation names a key that the config does not have"
            except RecursionError:
                fault = f"its interpolations run in a circle or more than {MAX_CHAIN} steps deep"
            else:
                grown += extent.characters if extent.steps else 0
                fault = TOO_DEEP if len(path) + extent.levels > MAX_DEPTH else ""
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


def _extent(node: Node, content: Node, known: dict[str, _Extent], chain: tuple[str, ...]) -> _Extent:
    """How large `node` would be once resolved, without resolving it; `known` keeps the extent of each key.

    Raises:
        RecursionError: The steps run in a circle, or are too many.
    """
    total, values, steps, levels = len(json.dumps(node)), 0, 0, 0
    for path, text in _scalars(node, ()):
        values += 1
        levels = max(levels, len(path))
        for opening in _OPENING.finditer(text) if isinstance(text, str) else ():
            key = opening[1].rstrip("}")
            if key in chain or len(chain) >= MAX_CHAIN:
                raise RecursionError
            if key not in known:
                known[key] = _extent(_lookup(content, key), content, known, (*chain, key))
            total += known[key].characters
            values += 1
            steps = max(steps, known[key].steps + 1)
            levels = max(levels, len(path) + known[key].levels)
    if steps > MAX_CHAIN:
        raise RecursionError
    return _Extent(total, values, steps, levels)


def _lookup(content: Node, key: str) -> Node:
    return [*_steps(content, key)][-1][1]


def _steps(node: Node, key: str) -> Iterator[tuple[str | int, Node]]:
    """The steps from the root to what a key names, and what stands after each.

    Raises:
        KeyError, IndexError: The config has no such key.
    """
    for part in re.findall(r"[^.\[\]]+", key):
        if isinstance(node, list) and part.isdecimal():
            node = node[int(part)]
            yield int(part), node
        elif isinstance(node, dict):
            node = node[part]
            yield part, node
        else:
            raise KeyError(part)
