"""The schema that is printed is the one of the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mxt import settings
from mxt.cli import main
from packages import installed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from conftest import Project

GATE = '''
from typing import Literal
from mxt.gates.base import Gate, Verdict

class DuskGate(Gate):
    """Opens after dusk."""

    KIND: Literal["DuskGate"] = "DuskGate"

    def judge(self, evidence):
        return Verdict(passed=True, reason="it is dark")
'''


def test_the_schema_in_the_package_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == settings.schema_text()


def test_with_a_plug_in_it_is_made_afresh(project: Project, tmp_path: Path) -> None:
    env = installed(tmp_path, {"dusk": GATE}, {"mxt.kinds": {"DuskGate": "dusk:DuskGate"}})
    assert "DuskGate" in json.loads(project.mxt("schema", env=env).out)["$defs"]
