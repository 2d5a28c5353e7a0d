"""Latencies: the versions are called in turn, and each call takes at least what the model takes."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pandas as pd
import pytest

from endpoints.experiments import DESIGN, arm
from mxt.endpoints.latency import LatencyEndpoint
from mxt.errors import ConfigError

if TYPE_CHECKING:
    from mxt.endpoints.base.arms import Arm
    from mxt.models import Model

INPUTS = pd.DataFrame({"x": [1.0, 2.0, 3.0]})


class Sleeper:
    """A model that waits before each prediction, and records which rows it was called for."""

    def __init__(self, seconds: float, calls: list[tuple[float, float]]) -> None:
        self.seconds, self.calls = seconds, calls

    def predict(self, inputs: pd.DataFrame) -> pd.DataFrame:
        time.sleep(self.seconds)
        self.calls.append((self.seconds, float(inputs["x"].item())))
        return pd.DataFrame({"prediction": inputs["x"]})


def served(name: str, seconds: float, calls: list[tuple[float, float]]) -> Arm:
    model = cast("Model", Sleeper(seconds, calls))
    return replace(arm(name, INPUTS["x"].to_numpy()), model=model, inputs=INPUTS)


def test_versions_take_turns_and_each_time_is_at_least_the_models() -> None:
    calls: list[tuple[float, float]] = []
    pair = served("control", 0.002, calls), served("treatment", 0.001, calls)
    endpoint = LatencyEndpoint(margin=0.25, calls=30, warm_up=2, share=0.5)
    control, treatment = endpoint.estimates(*pair)
    assert (control.value >= 2, treatment.value >= 1) == (True, True), "milliseconds"
    assert (control.subjects, treatment.subjects) == (30, 30)
    turns = [calls[place : place + 2] for place in range(0, len(calls), 2)]
    assert len(turns) == 32
    assert all({seconds for seconds, _ in turn} == {0.001, 0.002} for turn in turns)
    assert all(first[0][0] != second[0][0] for first, second in itertools.pairwise(turns))
    assert [turn[0][1] for turn in turns[:4]] == [1.0, 2.0, 3.0, 1.0], "each row of the arm in its turn"


def test_arms_without_versions_are_refused() -> None:
    without = arm("control", INPUTS["x"].to_numpy())
    with pytest.raises(ConfigError, match="LatencyEndpoint needs the versions of both arms"):
        LatencyEndpoint(margin=0.25).compare(without, without, DESIGN)
