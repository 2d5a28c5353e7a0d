"""Kinds: named as their classes, found where they lie or in a plug-in, and told apart by KIND."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conftest import Project
from mxt.kinds import find, members
from mxt.kinds.families import families
from packages import installed

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = {name: kind for family in families().values() for name, kind in members(family).items()}

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


@pytest.mark.parametrize(
    "code",
    [pytest.param(code, marks=[pytest.mark.slow] if code == "1 / 0" else []) for code in BROKEN],
    ids=["import", "division", "kind", "name"],
)
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
