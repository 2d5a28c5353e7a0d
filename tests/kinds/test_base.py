"""Kinds are named as their classes, frozen and strict."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from pydantic import ValidationError

from mxt.datasets.readers.csv import CsvReader
from mxt.gates.threshold import ThresholdGate

CLASSES = """
from typing import Annotated, Literal
from pydantic import Field
from mxt.gates.base import Gate, Verdict

class {name}(Gate):
    {declared}
    def judge(self, evidence):
        return Verdict(True, "always")
"""


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
