"""The house's rules: names, descriptions, examples, sizes, words, layers."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mxt.settings  # noqa: F401 - makes every family known
from conftest import REPOSITORY
from mxt.kinds import Kind, members
from mxt.kinds.families import families
from mxt.kinds.texts import descriptions, example_of, help_of

SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))
KINDS = [(family, kind) for family in families().values() for kind in members(family).values()]
EACH_KIND = pytest.mark.parametrize(("family", "kind"), KINDS, ids=[kind.__name__ for _, kind in KINDS])
EACH_SOURCE = pytest.mark.parametrize(
    "source", SOURCES, ids=[str(path.relative_to(REPOSITORY)) for path in SOURCES]
)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", one_word(name)).lower()


def one_word(name: str) -> str:
    """The name, in which A/B is a word: it stands for two arms, and is no acronym."""
    return name.replace("ABTest", "AbTest")


@EACH_KIND
def test_a_kind_ends_with_its_familys_noun_and_its_file_is_the_rest(
    family: type[Kind], kind: type[Kind]
) -> None:
    assert kind.__name__.endswith(family.__name__)
    file = Path(inspect.getsourcefile(kind) or "").stem
    alone = not family.__module__.endswith(".base")  # a family of one or two members is one module
    assert alone or file == snake(kind.__name__.removesuffix(family.__name__))
    assert not alone or len(members(family)) <= 2
    assert not re.search(r"[A-Z]{2}", one_word(kind.__name__)), "acronyms are words"


@EACH_KIND
def test_a_kind_and_each_of_its_fields_say_what_they_are_for(family: type[Kind], kind: type[Kind]) -> None:
    assert len(help_of(kind)) > 10
    assert {*kind.model_fields} - {"KIND"} <= {*descriptions(kind)}
    assert help_of(family)


@EACH_KIND
def test_the_example_of_a_kind_is_valid(family: type[Kind], kind: type[Kind]) -> None:
    example = yaml.safe_load(example_of(kind))
    assert example["KIND"] == kind.__name__
    assert isinstance(kind.model_validate_json(json.dumps(example)), family)


@EACH_SOURCE
def test_a_module_says_what_it_is_and_stays_small(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= 250
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno > 45]
    assert long == []


@EACH_SOURCE
def test_a_module_holds_no_left_overs(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert not re.search(r"TODO|FIXME|XXX|NotImplementedError|return locals\(\)|except:", text)
    assert not {"utils", "core", "common", "helpers"} & {*source.parts, source.stem}


@pytest.mark.slow
def test_the_layers_hold() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run(
        [linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_only_the_command_line_prints() -> None:
    printing = [
        path.name for path in SOURCES if re.search(r"(?<![\w.])print\(", path.read_text(encoding="utf-8"))
    ]
    assert {*printing} <= {"cli.py", *(path.name for path in SOURCES if path.parent.name == "commands")}
