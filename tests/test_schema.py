"""The JSON Schema and the runtime agree on which configs are valid."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conftest import BEYOND_SCHEMA, REPOSITORY
from mxt.configs import parse_value
from mxt.errors import ConfigError
from mxt.kinds import members
from mxt.kinds.families import families
from mxt.kinds.texts import example_of
from mxt.settings import Settings, json_schema, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
EXAMPLES = [
    yaml.safe_load(example_of(kind)) for family in families().values() for kind in members(family).values()
]
CONFIGS = [
    *(yaml.safe_load(path.read_text()) for path in sorted((REPOSITORY / "confs").glob("*.yaml"))),
    *({"job": example} for example in EXAMPLES if example["KIND"].endswith("Job")),
]
FIELDS = sorted(
    {
        name
        for family in families().values()
        for kind in members(family).values()
        for name in kind.model_fields
    }
)
TEXTS = [
    "",
    "Champion",
    "1.2.3",
    "1.2",
    "env:NAME",
    "sqlite:///x.db",
    "sqlite://u:p@h/x",
    "10 MB",
    "INFO",
    "CsvReader",
]
KEYS = ["KIND", "path", "name"]
NUMBERS = [0, 1, -1, 0.0, 1.0, 0.5, 1e-9, 1.5, -0.5, 100.0]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2000),
    st.sampled_from(NUMBERS),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TEXTS),
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=6),
)
VALUES = st.sampled_from(EXAMPLES) | st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["KIND", "path", "name"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in inner:
        yield from paths(part, (*path, key))


@st.composite
def broken_configs(draw: st.DrawFn) -> Any:
    """A config that works, with one or two places set, dropped, renamed or added."""
    config = copy.deepcopy(draw(st.sampled_from(CONFIGS)))
    for _ in range(draw(st.integers(1, 2))):
        places = list(paths(config))
        if not places:
            break
        *parents, last = draw(st.sampled_from(places))
        holder = config
        for parent in parents:
            holder = holder[parent]
        action = draw(st.sampled_from(["set", "drop", "rename", "add"]))
        if action == "set" or not isinstance(holder, dict):
            holder[last] = copy.deepcopy(draw(VALUES))
        elif action == "drop":
            del holder[last]
        elif action == "rename":
            holder[draw(st.sampled_from(["", "kind", "limt", *FIELDS]))] = holder.pop(last)
        else:
            holder[draw(st.sampled_from(FIELDS))] = copy.deepcopy(draw(VALUES))
    return config


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(broken_configs())
def test_the_json_schema_and_the_runtime_agree(config: Any) -> None:
    content = config
    try:
        content = parse_value(json.dumps(config, ensure_ascii=False), "config")
        Settings.model_validate_json(json.dumps(content))
        accepted = True
    except ConfigError:
        accepted = False
    except ValidationError as error:
        accepted = all(fault["type"] in BEYOND_SCHEMA for fault in error.errors())
    assert VALIDATOR.is_valid(content) is accepted


def test_the_configs_that_are_broken_are_valid_before() -> None:
    for config in CONFIGS:
        assert VALIDATOR.is_valid(config), config


VOCABULARY = {
    *(
        "$defs",
        "$id",
        "$ref",
        "$schema",
        "const",
        "default",
        "description",
        "enum",
        "examples",
        "title",
        "type",
    ),
    *("allOf", "anyOf", "not", "oneOf", "if", "then", "else"),
    *("additionalProperties", "maxProperties", "minProperties", "patternProperties", "properties"),
    *("propertyNames", "required"),
    *("contains", "items", "maxItems", "minItems", "prefixItems", "uniqueItems"),
    *("format", "maxLength", "minLength", "pattern"),
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
}
"""The keywords of draft 2020-12 that a strict validator takes."""
NAMED = {"$defs", "patternProperties", "properties"}
"""Keywords that hold schemas by name."""
PLAIN = {"const", "default", "enum", "examples", "required"}
"""Keywords that hold values and no schemas."""
ECMA_ESCAPES = re.compile(r"\\(?:[\^$\\.*+?()\[\]{}|/-]|[bBdDsSwWfnrtv0]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})")
"""What may follow a backslash in a pattern of ECMA-262 with the flag u, classes and properties aside."""
FOREIGN = re.compile(r"\(\?(?![:=!]|<[=!])|[*+?}]\+|\\[AZz]")
"""Groups, possessive quantifiers and anchors that Python has and ECMA-262 has not."""


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for name, part in schema.items():
        if name not in PLAIN:
            parts = part.values() if name in NAMED else part if isinstance(part, list) else [part]
            for each in parts:
                yield from schemas(each)


PUBLISHED = json.loads(schema_text())
PATTERNS = sorted({part["pattern"] for part in schemas(PUBLISHED) if "pattern" in part})


def test_the_published_schema_has_no_keyword_beside_those_of_its_draft() -> None:
    assert len([*schemas(PUBLISHED)]) > 500
    assert {word for part in schemas(PUBLISHED) for word in part} <= VOCABULARY


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_is_one_of_ecma_262(pattern: str) -> None:
    assert "\\" not in ECMA_ESCAPES.sub("", pattern)
    assert not FOREIGN.search(pattern)


@pytest.mark.parametrize("foreign", [r'^[^"\']+\"$', r"a\Z", "(?P<name>a)", "(?i)a", "a++", r"\_"])
def test_a_pattern_of_python_alone_is_recognised(foreign: str) -> None:
    assert "\\" in ECMA_ESCAPES.sub("", foreign) or FOREIGN.search(foreign)


def test_javascript_compiles_each_pattern_and_refuses_a_stray_escape() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    script = "process.argv.slice(1).map(pattern => new RegExp(pattern, 'u'))"
    for patterns, code in ((PATTERNS, 0), ([r"^[^\"]+$"], 1)):
        assert (
            subprocess.run([node, "-e", script, *patterns], capture_output=True, check=False).returncode
            == code
        )
