"""What every endpoint owes: no gain where there is none, the same in any order, and mirrored arms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import REPOSITORY
from mxt.endpoints.base import Endpoint
from mxt.endpoints.base.arms import Arm
from mxt.endpoints.base.contrasts import with_verdicts
from mxt.endpoints.base.designs import Design
from mxt.errors import DataError
from mxt.kinds import members
from mxt.kinds.texts import example_of

ALL = {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(Endpoint).items()}
TABLES = {name: endpoint for name, endpoint in ALL.items() if not endpoint.needs_models}
"""Endpoints that look at tables; a clock gives other numbers each time."""

each_endpoint = pytest.mark.parametrize("name", TABLES)
DESIGN = Design(level=0.05, power=0.8, control_share=0.5)
CHURN = pd.read_csv(REPOSITORY / "data" / "churn.csv", index_col="customerID")


def arm(rows: pd.DataFrame, name: str = "control") -> Arm:
    """An arm in which whoever pays by the month is predicted to leave; two rows a subject."""
    predictions = rows["Contract"].eq("Month-to-month").map({True: "Yes", False: "No"})
    return Arm(name, rows, np.arange(len(rows)) // 2, "churn", rows["Churn"], predictions)


def for_endpoint(name: str, whole: Arm) -> Arm:
    """The arm, with numbers as truth and predictions if the endpoint refuses classes."""
    try:
        TABLES[name].estimates(whole, whole)
    except DataError:
        return replace(whole, truth=whole.table["tenure"], predictions=whole.table["tenure"] // 10 * 10)
    return whole


def test_labels_differ_between_endpoints() -> None:
    assert len({endpoint.label for endpoint in ALL.values()}) == len(ALL)


@each_endpoint
def test_an_arm_is_no_better_than_itself_and_no_worse(name: str) -> None:
    for hypothesis, verdict in (("superiority", {"inconclusive", "no"}), ("non_inferiority", {"yes"})):
        whole = for_endpoint(name, arm(CHURN))
        endpoint = TABLES[name].model_copy(update={"hypothesis": hypothesis})
        contrast = with_verdicts([endpoint.compare(whole, whole, DESIGN)], DESIGN)[0]
        assert contrast.verdict in verdict
        assert contrast.effect == (1 if contrast.scale == "ratio" else 0)
        assert contrast.p_superiority == pytest.approx(0.5)


@each_endpoint
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    whole, order = for_endpoint(name, arm(CHURN)), np.random.default_rng(0).permutation(len(CHURN))
    assert whole.truth is not None
    assert whole.predictions is not None
    mixed = replace(
        whole,
        table=CHURN.iloc[order],
        subjects=whole.subjects[order],
        truth=whole.truth.iloc[order],
        predictions=whole.predictions.iloc[order],
    )
    other = for_endpoint(name, arm(CHURN.head(3000), "treatment"))
    one, two = (TABLES[name].compare(first, other, DESIGN) for first in (whole, mixed))
    numbers = ("control", "effect", "low", "high", "p_superiority", "p_non_inferiority", "power")
    for number in numbers:
        assert getattr(one, number) == pytest.approx(getattr(two, number), rel=1e-9)


@each_endpoint
@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_swapped_arms_are_mirrored(name: str, scale: str) -> None:
    endpoint = TABLES[name].model_copy(update={"scale": scale})
    tables = (CHURN, CHURN[CHURN["Contract"] != "Two year"])
    first, second = (for_endpoint(name, arm(table)) for table in tables)
    there, back = endpoint.compare(first, second, DESIGN), endpoint.compare(second, first, DESIGN)
    turned = [math.log(end) if scale == "ratio" else end for end in (there.low, there.effect, there.high)]
    mirrored = [math.log(end) if scale == "ratio" else end for end in (back.high, back.effect, back.low)]
    assert turned == pytest.approx([-end for end in mirrored], abs=1e-9)
    assert there.p_superiority == pytest.approx(1 - back.p_superiority, rel=1e-9)
    assert there.effect != back.effect
