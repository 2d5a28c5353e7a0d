"""Settings: the environment's layer, and a JSON Schema that accepts what the runtime accepts."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conftest import BEYOND_SCHEMA, REPOSITORY
from mxt import settings
from mxt.configs import parse_value
from mxt.errors import ConfigError
from mxt.kinds import members
from mxt.kinds.families import families
from mxt.kinds.texts import example_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """\
job:
  KIND: InferenceJob
  inputs: {KIND: CsvReader, path: data.csv}
  outputs: {KIND: CsvWriter, path: out.csv}
"""


def loaded(folder: Path, *overrides: str) -> dict[str, Any]:
    """The fields of a valid config, under the current environment."""
    file = folder / "conf.yaml"
    file.write_text(CONFIG)
    found: dict[str, Any] = settings.load([str(file)], overrides).model_dump(by_alias=True)["job"]
    return found


@pytest.mark.parametrize(
    ("name", "value", "path", "expected"),
    [
        ("INPUTS__LIMIT", "100", "inputs.limit", 100),
        ("INPUTS__LIMIT", "1.0", "inputs.limit", 1),
        ("INPUTS__LIMIT", "1e3", "inputs.limit", 1000),
        ("INPUTS__LIMIT", "", "inputs.limit", None),
        ("INPUTS__LIMIT", "null", "inputs.limit", None),
        ("INPUTS__MISSING", "['', no, '010']", "inputs.missing", ("", "no", "010")),
        ("INPUTS__MISSING", '["", "?"]', "inputs.missing", ("", "?")),
        ("INPUTS__FILTERS", "[[age, '>', 1.5]]", "inputs.filters", (("age", ">", 1.5),)),
        ("INPUTS__SAMPLE__ROWS", "7", "inputs.sample.rows", 7),
        ("INPUTS__SAMPLE", "{rows: 8, seed: 1}", "inputs.sample.seed", 1),
        ("ALIAS_OR_VERSION", "7", "alias_or_version", 7),
        ("ALIAS_OR_VERSION", "'7'", "alias_or_version", "7"),
        ("ALIAS_OR_VERSION", "'1.10.0'", "alias_or_version", "1.10.0"),
        ("ALIAS_OR_VERSION", "1.10.0", "alias_or_version", "1.10.0"),
        ("ALIAS_OR_VERSION", "no", "alias_or_version", "no"),
        ("MLFLOW_SERVICE__EXPERIMENT_NAME", "NO", "mlflow_service.experiment_name", "NO"),
        ("MLFLOW_SERVICE__RUN_TAGS", "{Owner: me}", "mlflow_service.run_tags.Owner", "me"),
        ("LOGGER_SERVICE__LEVEL", "DEBUG", "logger_service.level", "DEBUG"),
        ("ALERTS_SERVICE__ENABLE", "false", "alerts_service.enable", False),
    ],
)
def test_a_variable_is_read_as_yaml(
    name: str, value: str, path: str, expected: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MXT_JOB__{name}", value)
    found: Any = loaded(tmp_path)
    for part in path.split("."):
        found = found[part]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MXT_JOB__INPUTS__LIMIT", "1.5", "job.inputs.limit: should be a valid integer, not 1.5"),
        ("MXT_JOB__INPUTS__LIMIT", "'5'", 'job.inputs.limit: should be a valid integer, not "5"'),
        ("MXT_JOB__INPUTS__LIMIT", "1e99", "MXT_JOB__INPUTS__LIMIT: a number is at most 1e+18; quote it if"),
        ("MXT_JOB__INPUTS__PATH", "5", "job.inputs.path: expected text, not 5; quote it"),
        ("MXT_JOB__INPUTS__LIMT", "5", "job.inputs.limt: unknown field 'limt'; did you mean 'limit'?"),
        (
            "MXT_JOB__ALIAS_OR_VERSION",
            "1.10",
            "MXT_JOB__ALIAS_OR_VERSION: 1.10 would be read as the number 1.1",
        ),
        (
            "MXT_JOB__INPUTS__PATH",
            "a\u200bb",
            "MXT_JOB__INPUTS__PATH: holds a control or invisible character",
        ),
        (
            "MXT_JOB__INPUTS__PATH",
            "!!python/name:os",
            "MXT_JOB__INPUTS__PATH: !!python/name:os is not allowed",
        ),
        ("MXT_JOB__INPUTS__PATH", "[", "MXT_JOB__INPUTS__PATH: expected the node content"),
        ("MXT_JOB__INPUTS__PATH", "${oc.env:HOME}", "job.inputs.path: an interpolation names a key"),
        ("MXT_JOB__INPUTS", "[" * 40, "MXT_JOB__INPUTS: nested more than 32 levels deep"),
        ("MXT_JOB__INPUTS", "{path: a, path: b}", "MXT_JOB__INPUTS: the key 'path' stands 2 times"),
        (
            "MXT_JOB__INPUTS__KIND",
            "CsvRaeder",
            "job.inputs: unknown KIND 'CsvRaeder'; did you mean 'CsvReader'?",
        ),
        (
            "MXT_JOB",
            '{"inputs": {"limit": 1}}',
            "MXT_JOB cannot be set whole; set a field, as MXT_JOB__INPUTS",
        ),
        ("MXT_JOB", "", "MXT_JOB cannot be set whole"),
    ],
)
def test_a_wrong_variable_is_told_as_the_environments(
    name: str, value: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path)
    assert str(caught.value).startswith(f"environment: {message}")


def test_a_variable_may_change_the_kind_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXT_JOB__INPUTS__KIND", "SqlReader")
    monkeypatch.setenv("MXT_JOB__INPUTS__URL", "env:DATABASE")
    monkeypatch.setenv("MXT_JOB__INPUTS__QUERY", "customers")
    assert loaded(tmp_path)["inputs"]["url"] == "env:DATABASE"
    assert loaded(tmp_path, "job.inputs={KIND: CsvReader, path: /x}")["inputs"]["path"] == "/x"


def test_variables_of_others_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = loaded(tmp_path)
    for name in (
        "JOB__INPUTS__LIMIT",
        "MXT_JOBS__INPUTS__LIMIT",
        "MXT_INPUTS__LIMIT",
        "MXTJOB__INPUTS__LIMIT",
    ):
        monkeypatch.setenv(name, "5")
    assert loaded(tmp_path) == before


def ecma(schema: Any) -> Any:
    """The schema with its patterns as ECMA-262 means them: `$` is the end, not before a last line break."""
    if isinstance(schema, list):
        return [ecma(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: part.replace("$", r"\Z") if key == "pattern" and isinstance(part, str) else ecma(part)
        for key, part in schema.items()
    }


VALIDATOR = jsonschema.Draft202012Validator(ecma(settings.json_schema()))
EXAMPLES = [
    yaml.safe_load(example_of(kind)) for family in families().values() for kind in members(family).values()
]
WRITTEN = [
    *(yaml.safe_load(path.read_text()) for path in sorted((REPOSITORY / "confs").glob("*.yaml"))),
    *({"job": example} for example in EXAMPLES if example["KIND"].endswith("Job")),
]
WHOLE = [
    settings.Settings.model_validate_json(json.dumps(config)).model_dump(mode="json", by_alias=True)
    for config in WRITTEN
]
"""The same configs with every field that was left out."""

NUMBERS = [
    0,
    1,
    -1,
    2,
    100,
    255,
    256,
    10**6,
    2**31,
    2**53 + 1,
    10**18,
    0.5,
    1.0,
    2.0,
    1e17,
    1.5,
    -0.0,
    0.999999,
    1e-9,
]
TEXTS = [
    "",
    " ",
    "a",
    "KIND",
    "true",
    "1",
    "1.2",
    "1.2.3",
    "01.2.3",
    "1.2.3\n",
    "latest",
    "env:A",
    "env:",
    "env:1",
    "env:A\n",
    "sqlite:///x",
    "sqlite://u:p@h/x",
    "https://u@h",
    "https://u:p@h",
    "https://h?Token=x",
    "s3://b/k",
    "databricks",
    "databricks-x",
    "10 MB",
    "10MB",
    "x KB",
    "INFO",
    "info",
    "roc_auc",
    "/abs",
    "../x",
    "C:\\x",
    "x:y/z",
    ";",
    "||",
    "%",
    "'",
    '"',
    "x" * 5000,
    "\u65e5\u672c",
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


PARTS = [(str(path[-1]), part) for config in (*WHOLE, *EXAMPLES) for path, part in places(config)]
KEYS = sorted({key for key, _ in PARTS if not key.isdigit()})


def near(value: Any, key: str) -> st.SearchStrategy[Any]:
    """Values that may stand where `value` stood, or nearly."""
    others = [st.sampled_from([part for name, part in PARTS if name == key] or [None])]
    if isinstance(value, str):
        others.append(st.sampled_from([value + "x", value[:-1], value.upper(), value + "\n", [value]]))
    elif isinstance(value, int | float):
        others.append(
            st.sampled_from([value + 1, value - 1, -value, value / 2, float(value), str(value), bool(value)])
        )
    elif isinstance(value, list):
        others.append(
            st.sampled_from(
                [[], [value], {}, value + value, value[:-1], [*value, None], [*value, 1], [*value, "a"]]
            )
        )
    elif isinstance(value, dict):
        others.append(
            st.sampled_from(
                [{}, [value], *({**value, name: part} for name, part in PARTS[:: len(PARTS) // 40])]
            )
        )
        others.append(
            st.sampled_from(
                [*({k: v for k, v in value.items() if k != left} for left in value), *([] if value else [{}])]
            )
        )
    return st.one_of(
        *others, st.sampled_from([None, True, [], {}, *NUMBERS, *TEXTS]), st.sampled_from(EXAMPLES)
    )


@st.composite
def edited_configs(draw: st.DrawFn) -> Any:
    """A config that works, with a place changed, or two."""
    config = copy.deepcopy(draw(st.sampled_from([*WRITTEN, *WHOLE])))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        known = list(places(config))
        assume(known)
        (*parents, last), value = draw(st.sampled_from(known))
        holder = config
        for parent in parents:
            holder = holder[parent]
        if isinstance(holder, dict) and draw(st.integers(0, 5)) == 0:
            holder[draw(st.sampled_from(KEYS))] = holder.pop(last)
        else:
            holder[last] = copy.deepcopy(draw(near(value, str(last))))
    return config


def test_the_json_schema_accepts_what_the_runtime_accepts_and_nothing_else() -> None:
    verdicts = []

    @hypothesis_settings(
        max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(edited_configs())
    def agree(config: Any) -> None:
        try:  # the path of a file's content: YAML, plain values, JSON
            content = parse_value(json.dumps(config), "config")
        except ConfigError:
            assume(False)  # noqa: FBT003 - YAML itself is no matter of the schema
        try:
            settings.Settings.model_validate_json(json.dumps(content))
        except ValidationError as error:
            accepted = all(fault["type"] in BEYOND_SCHEMA for fault in error.errors())
        else:
            accepted = True
        verdicts.append(accepted)
        assert VALIDATOR.is_valid(content) is accepted

    agree()
    assert min(verdicts.count(True), verdicts.count(False)) > 50, "both verdicts are tried"


def test_the_json_schema_is_one_of_its_draft_and_accepts_every_config_that_works() -> None:
    jsonschema.Draft202012Validator.check_schema(settings.json_schema())
    assert settings.json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for config in (*WRITTEN, *WHOLE):
        VALIDATOR.validate(config)
