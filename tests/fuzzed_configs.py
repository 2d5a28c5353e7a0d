"""Hostile configs: valid ones with hostile values, keys, bytes, overrides and variables at random places.

Every case follows from its number, so that a fault is seen again by its number alone.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import yaml

from conftest import REPOSITORY
from hostile import DEEP, KEYS, RAW, TEXTS
from mxt.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 2.0
MOST_CHARACTERS = 100_000
"""Of a message: a hundred faults of a thousand characters."""


@dataclass(frozen=True)
class Case:
    """A config with overrides and an environment, and where it comes from."""

    number: int
    content: bytes
    overrides: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def fault(self, folder: Path) -> str:
        """What is wrong with how `mxt check` ends; empty if nothing is."""
        file = folder / "fuzzed.yaml"
        file.write_bytes(self.content)
        out, err = (
            io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace")
        )
        begun = time.process_time()
        with redirect_stdout(out), redirect_stderr(err), mock.patch.dict(os.environ, dict(self.environment)):
            try:
                code = main(["check", str(file), *self.overrides])
            except SystemExit as end:  # an override that begins as an option does
                code = int(end.code or 0)
            except BaseException as error:  # noqa: BLE001 - every one is what is looked for
                return f"{type(error).__name__}: {str(error)[:300]}"
        seconds = time.process_time() - begun
        err.seek(0)
        return _wrong(code, seconds, err.read())


def _wrong(code: int, seconds: float, message: str) -> str:
    if code not in {0, 2}:
        return f"ended with {code}"
    if seconds > MOST_SECONDS:
        return f"took {seconds:.1f} s"
    if len(message) > MOST_CHARACTERS:
        return f"its message has {len(message)} characters"
    if (code == 2) == (not message.strip()):
        return f"ended with {code} and the message {message[:200]!r}"
    return "a traceback" if "Traceback" in message else ""


def case(number: int) -> Case:
    """The case of a number."""
    chance = random.Random(number)  # noqa: S311 - no secret
    tree: Any = {"job": _made(chance)} if chance.random() < 0.4 else yaml.safe_load(chance.choice(_shipped()))
    raw: dict[str, str] = {}
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        _mutate(tree, chance, raw)
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=1000)
    if chance.random() < 0.2:
        text = json.dumps(tree)
    for mark, value in raw.items():
        text = text.replace(f'"{mark}"', value).replace(mark, value)
    content = text.encode("utf-8", "surrogatepass")
    content = _bytes(content, chance) if chance.random() < 0.25 else content
    paths = [*_paths(tree)]
    overrides = tuple(_override(chance, paths) for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 8])))
    variables = tuple(_variable(chance, paths) for _ in range(chance.choice([0, 0, 0, 0, 1, 2])))
    return Case(number, content, overrides, variables)


def smallest(faulty: Case, folder: Path) -> Case:
    """The case with as little as shows a fault still."""
    for less in (replace(faulty, overrides=()), replace(faulty, environment=())):
        faulty = less if less.fault(folder) else faulty
    lines = faulty.content.splitlines(keepends=True)
    size = len(lines) // 2
    while size:
        for start in range(0, len(lines), size):
            less = replace(faulty, content=b"".join([*lines[:start], *lines[start + size :]]))
            if less.fault(folder):
                faulty, lines = less, less.content.splitlines(keepends=True)
                break
        else:
            size //= 2
    return faulty


@cache
def _shipped() -> list[str]:
    return [file.read_text("utf-8") for file in sorted((REPOSITORY / "confs").glob("*.yaml"))]


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((REPOSITORY / "src" / "mxt" / "schema.json").read_text("utf-8"))
    return schema


def _made(chance: random.Random) -> Any:
    """A job of any kind, made by the schema."""
    return _value(_schema()["properties"]["job"], chance, 0)


def _value(schema: dict[str, Any], chance: random.Random, depth: int) -> Any:  # noqa: PLR0911 - a part of a config
    if "$ref" in schema:
        return _value(_schema()["$defs"][schema["$ref"].rpartition("/")[2]], chance, depth)
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return _value(chance.choice(schema[several]), chance, depth)
    if "const" in schema or "enum" in schema:
        return chance.choice(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "object":
            rare = 0.3 / (depth + 1)
            fields = schema.get("properties", {})
            taken = [name for name in fields if name in schema.get("required", ()) or chance.random() < rare]
            made = {name: _value(fields[name], chance, depth + 1) for name in taken}
            more = schema.get("additionalProperties")
            return made | ({"a": _value(more, chance, depth + 1)} if isinstance(more, dict) else {})
        case "array":
            items = schema.get("prefixItems") or [schema.get("items", {})] * chance.choice([0, 1, 1, 2])
            return [_value(item, chance, depth + 1) for item in items]
        case "integer" | "number":
            bound = schema.get("minimum", schema.get("exclusiveMinimum", 0))
            return chance.choice([bound, bound + 1, schema.get("maximum", bound + 2), 7])
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
    return chance.choice(
        ["x", "data/churn.csv", "env:HOME", "Churn", "1", "2026-01-01", "Europe/Berlin", "http://h/x"]
    )


def _holders(node: Any) -> Iterator[Any]:
    if isinstance(node, (dict, list)):
        if node:
            yield node
        for value in node.values() if isinstance(node, dict) else node:
            yield from _holders(value)


def _mutate(tree: Any, chance: random.Random, raw: dict[str, str]) -> None:
    """Put a hostile value or key at a place, or take one away; `raw` keeps the YAML that marks stand for."""
    holder = chance.choice([*_holders(tree)] or [{"job": None}])
    mark = f"MARK{len(raw)}MARK"
    raw[mark] = chance.choice(RAW)
    place = chance.choice([*holder] if isinstance(holder, dict) else [*range(len(holder))])
    act = chance.randrange(6)
    if isinstance(holder, list):
        holder[place : place + (act > 1)] = [mark] * chance.choice([1, 1, 2])
    elif act == 0:
        holder.pop(place, None)
    elif act == 1:
        holder[chance.choice(KEYS)] = mark
    elif act == 2:
        holder[mark] = holder.pop(place, None)
    else:
        holder[place] = mark


def _bytes(content: bytes, chance: random.Random) -> bytes:
    """The content with some bytes that are not what YAML expects there."""
    at = chance.randrange(len(content) + 1)
    more = chance.choice(TEXTS).encode("utf-8", "surrogatepass")
    return chance.choice([
        content[:at],
        content[:at] + more + content[at:],
        content[:at] + more * 400 + content[at:],
        content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :],
        content + content,
        content[:at] + content[at // 2 :],
        content.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-32", "utf-8-sig", "utf-7"])),
        content + b"---\n" + content,
        chance.randbytes(200),
    ])  # fmt: skip


def _paths(node: Any, path: str = "") -> Iterator[str]:
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _paths(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _paths(value, f"{path}[{index}]")


def _override(chance: random.Random, paths: list[str]) -> str:
    path = chance.choice(paths or ["job"])
    path = chance.choice(
        [path, path, path, path + "." + chance.choice(KEYS), chance.choice(KEYS), path + chance.choice(KEYS)]
    )
    value = chance.choice([chance.choice(RAW), chance.choice(RAW), chance.choice(TEXTS)])
    return (chance.choice(["{}={}"] * 12 + ["{}{}", "{}={}=", "={}{}", "{}=={}"])).format(path, value)


def _variable(chance: random.Random, paths: list[str]) -> tuple[str, str]:
    path = chance.choice(paths or ["job"]).replace(".", "__").replace("[", "__").replace("]", "")
    odd = [
        "JOB",
        "JOB_",
        "JOB__",
        "JOB__" + "A__" * DEEP + "B",
        "JOB" + "__A" * DEEP,
        "JOB____X",
        "JOB__É",
        "job__kind",
        "JOB__A.B",
    ]
    odd += [
        "JOB__KIND__X",
        "JOB__KIND",
        "JOB__INPUTS",
        "JOB__" + "X" * 5000,
        "JOB__METRICS__0",
        "JOB__[0]",
        "JOB__ X",
        "JOB__\udcff",
        "ROOT",
    ]
    name = (
        chance.choice([path, path.upper(), chance.choice(odd)])
        .replace("\0", "")
        .replace("=", "")
        .replace("\ud800", "")
    )
    value = chance.choice([chance.choice(RAW), chance.choice(RAW), chance.choice(TEXTS)])
    return f"MXT_{name}", value.replace("\0", "").replace("\ud800", "")
