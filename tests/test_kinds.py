"""Kinds: named as their classes, found where they lie or in a plug-in, and told apart by KIND."""

from __future__ import annotations

import ast
import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import ValidationError

import mxt.settings
from conftest import REPOSITORY, Project
from mxt.datasets.readers.csv import CsvReader
from mxt.gates.base import Gate
from mxt.gates.threshold import ThresholdGate
from mxt.kinds import files, find, members
from mxt.kinds.families import families
from mxt.kinds.texts import _parsed, _under, example_of, help_of
from packages import installed

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = {name: kind for family in families().values() for name, kind in members(family).items()}

CLASSES = """
from typing import Annotated, Literal
from pydantic import Field
from mxt.gates.base import Gate, Verdict

class {name}(Gate):
    {declared}
    def judge(self, evidence):
        return Verdict(True, "always")
"""

PLUG_IN = '''
"""A gate from outside."""
from typing import Literal
from mxt.gates.base import Gate, Verdict

class DuskGate(Gate):
    """Opens after dusk.

    Example:
        {KIND: DuskGate, hour: 20}
    """

    KIND: Literal["DuskGate"] = "DuskGate"

    hour: int = 20
    """The hour it opens."""

    def judge(self, evidence):
        return Verdict(True, "it is dark")
'''


def plugged(folder: Path, code: str) -> dict[str, str]:
    """An environment in which a distribution with the module `dusk` is installed."""
    return installed(folder, {"dusk": code})


@pytest.mark.parametrize(
    "declared",
    [
        "pass",
        'KIND: Literal["Other"] = "Other"',
        'KIND: str = "WrongGate"',
        'KIND: Literal["Wrong"] = "Wrong"',
        'KIND: Literal["WrongGate"]',
        'KIND: Literal["wronggate"] = "wronggate"',
    ],
)
def test_a_member_whose_kind_is_not_its_class_fails_when_its_class_is_made(declared: str) -> None:
    code = CLASSES.format(name="WrongGate", declared=declared)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1] == (
        'TypeError: __main__.WrongGate must declare KIND: Literal["WrongGate"] = "WrongGate".'
    )


def test_a_member_whose_kind_is_its_class_is_made() -> None:
    code = CLASSES.format(name="RightGate", declared='KIND: Literal["RightGate"] = "RightGate"')
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_plug_in_is_found_shown_and_checked_like_any_member(project: Project, tmp_path: Path) -> None:
    env = plugged(tmp_path, PLUG_IN)
    shown = project.mxt("--kinds", "DuskGate", env=env)
    assert "Opens after dusk." in shown.out
    assert "hour (whole number; default 20): The hour it opens." in shown.out
    assert "  DuskGate         Opens after dusk." in project.mxt("--kinds", "Gate", env=env).out
    assert "DuskGate" in json.loads(project.mxt("--schema", env=env).out)["$defs"]
    checked = project.mxt(
        "--check", "confs/promotion.yaml", "job.gates=[{KIND: DuskGate, hour: 21}]", env=env
    )
    assert (checked.code, checked.out) == (0, "confs/promotion.yaml: a valid PromotionJob\n")
    wrong = project.mxt("--check", "confs/promotion.yaml", "job.gates=[{KIND: DuskGate, hour: x}]", env=env)
    assert (wrong.code, wrong.out) == (2, "")
    assert 'job.gates[0].hour: should be a valid integer, not "x"' in wrong.err


BROKEN = {
    "import nobody": "the plug-in dusk of mxt.kinds cannot be loaded (ModuleNotFoundError: No module named",
    "1 / 0": "the plug-in dusk of mxt.kinds cannot be loaded (ZeroDivisionError: division by zero)",
    PLUG_IN.replace(
        "class Dusk", "class Dawn"
    ): 'dusk.DawnGate must declare KIND: Literal["DawnGate"] = "Dawn',
    PLUG_IN.replace("DuskG", "ThresholdG"): "two kinds are called ThresholdGate, in ",
}


@pytest.mark.parametrize("code", BROKEN, ids=["import", "division", "kind", "name"])
def test_a_broken_plug_in_is_named_when_its_kinds_are_wanted(
    code: str, project: Project, tmp_path: Path
) -> None:
    env = plugged(tmp_path, code)
    ended = project.mxt("kinds", env=env)
    assert ended.code == 2
    assert BROKEN[code] in ended.err
    assert "Traceback" not in ended.err
    assert project.mxt("check", "confs/promotion.yaml", env=env).code == 0, "a config that does not name it"
    named = project.mxt("check", "confs/promotion.yaml", "job.gates=[{KIND: DuskGate}]", env=env)
    assert named.code == 2


def test_a_plug_in_whose_entry_points_are_its_kinds_is_loaded_when_it_is_named(
    project: Project, tmp_path: Path
) -> None:
    entries = {"mxt.kinds": {"DuskGate": "dusk:DuskGate", "BrokenGate": "broken:BrokenGate"}}
    env = installed(tmp_path, {"dusk": PLUG_IN, "broken": "1 / 0"}, entries)
    gate = "job.gates=[{KIND: DuskGate, hour: 21}]"
    assert project.mxt("check", "confs/promotion.yaml", gate, env=env).code == 0
    unknown = project.mxt("check", "confs/promotion.yaml", gate.replace("Dusk", "Dawn"), env=env)
    assert (
        "unknown KIND 'DawnGate'; did you mean 'DuskGate'? (known: ApprovalGate, BrokenGate," in unknown.err
    )
    broken = project.mxt("check", "confs/promotion.yaml", "job.gates=[{KIND: BrokenGate}]", env=env)
    assert "the plug-in broken:BrokenGate of mxt.kinds cannot be loaded (ZeroDivisionError" in broken.err


@pytest.mark.parametrize("family", families())
def test_the_files_name_the_members_of_a_family(family: str) -> None:
    kinds = families()[family]
    entries = files.members(kinds.__module__)
    own = {name: kind for name, kind in members(kinds).items() if kind.__module__.startswith("mxt.")}
    assert {name: entry.module for name, entry in entries.items()} == {
        name: kind.__module__ for name, kind in own.items()
    }
    assert {name: entry.headline for name, entry in entries.items()} == {
        name: help_of(kind).partition("\n")[0] for name, kind in own.items()
    }


@pytest.mark.parametrize("name", MEMBERS)
def test_a_kind_is_found_by_its_name_and_needs_it_in_the_json_schema(name: str) -> None:
    assert find(name) is MEMBERS[name]
    schema = MEMBERS[name].model_json_schema()
    schema = schema.get("$defs", {}).get(name, schema)  # a kind that can hold itself is told by reference
    assert "KIND" in schema["required"]
    assert schema["properties"]["KIND"]["const"] == name
    assert schema["additionalProperties"] is False


def test_what_is_no_member_is_not_found() -> None:
    for name in ("Gate", "ModelJob", "Kind", "Thresholdgate", ""):
        assert find(name) is None


def test_each_union_of_the_json_schema_tells_members_apart_by_kind() -> None:
    schema = mxt.settings.json_schema()
    job = schema["properties"]["job"]
    assert job["discriminator"]["propertyName"] == "KIND"
    assert {choice["$ref"].rpartition("/")[2] for choice in job["oneOf"]} == set(members(families()["Job"]))


JOBS = [
    *(yaml.safe_load(path.read_text())["job"] for path in sorted((REPOSITORY / "confs").glob("*.yaml"))),
    *(yaml.safe_load(example_of(kind)) for kind in members(families()["Job"]).values()),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["KIND"])
def test_a_job_and_the_kinds_within_it_survive_a_round_trip(job: dict[str, Any]) -> None:
    read = MEMBERS[job["KIND"]].model_validate_json(json.dumps(job))
    written = read.model_dump_json(by_alias=True)
    again = MEMBERS[job["KIND"]].model_validate_json(written)
    assert again.model_dump_json(by_alias=True) == written
    for name, block in job.items():
        inner = getattr(again, {"register": "register_"}.get(name, name))
        if isinstance(block, dict) and "KIND" in block:
            assert type(inner) is MEMBERS[block["KIND"]]
        if isinstance(block, list) and isinstance(block[0], dict) and "KIND" in block[0]:
            assert [type(item) for item in inner] == [MEMBERS[item["KIND"]] for item in block]


def test_a_kind_is_frozen_strict_and_travels_between_processes() -> None:
    gate = ThresholdGate(metric="f1", minimum=0.5)
    assert pickle.loads(pickle.dumps(gate)) == gate  # noqa: S301 - made a moment ago
    with pytest.raises(ValidationError, match="frozen"):
        gate.metric = "r2"  # type: ignore[misc] # on purpose
    for wrong in (
        '{"limit": "5"}',
        '{"limit": true}',
        '{"nobody": 1}',
        '{"KIND": "JsonlReader"}',
        '{"path": 5}',
    ):
        with pytest.raises(ValidationError):
            CsvReader.model_validate_json(json.dumps({"path": "x", **json.loads(wrong)}))


def test_help_and_example_are_parts_of_the_docstring() -> None:
    assert help_of(ThresholdGate) == "A score of the latest evaluation keeps a limit."
    assert example_of(ThresholdGate) == "{KIND: ThresholdGate, metric: roc_auc, minimum: 0.8}"
    assert example_of(Gate) == ""


def test_a_field_behind_a_method_keeps_its_text() -> None:
    source = '''
class Odd(Strict):
    first: int = 0
    """One."""

    def method(self) -> int:
        return 1

    last: int = 0
    """Two."""
'''
    (behind,) = _parsed(source)
    assert isinstance(behind, ast.ClassDef)
    assert _under(behind.body) == {"first": "One.", "last": "Two."}
    (before,) = _parsed(source.partition("    last")[0])
    assert isinstance(before, ast.ClassDef)
    assert [type(part) for part in before.body] == [ast.AnnAssign, ast.Expr]
