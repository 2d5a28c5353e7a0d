"""The choices that configs share: how many rows are held out, and which scores fit the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.drafts.choices import Choices, choose
from mxt.drafts.fitting import training
from mxt.drafts.judging import promotion
from mxt.drafts.looks import look
from mxt.drafts.places import Place
from mxt.drafts.sources import source_of
from mxt.drafts.tables import enough, held_out_share, metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLACE = Place("confs", "t.parquet", "t")


def of(folder: Path, counts: Mapping[Any, int], **columns: object) -> Choices:
    """The choices for a table whose target has so many rows of each value."""
    y = [value for value, rows in counts.items() for _ in range(rows)]
    table = pd.DataFrame({"x": np.arange(len(y)) % 11 + 0.5, "y": y, **columns})
    table.to_parquet(folder / "t.parquet", index=False)
    return choose(look(source_of(str(folder / "t.parquet"))), "y")


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ({"a": 4000, "b": 4000}, 0.2),
        ({"a": 220, "b": 222}, 0.25),
        ({"a": 90, "b": 88}, 0.4),
        ({"a": 7900, "b": 100}, 0.3),
        ({"a": 7850, "b": 150}, 0.22),
    ],
)
def test_more_is_held_out_of_few_rows_and_of_rare_classes(
    tmp_path: Path, counts: dict[Any, int], share: float
) -> None:
    assert held_out_share(of(tmp_path, counts)) == share


def test_scores_fit_the_target_and_ask_for_more_than_chance(tmp_path: Path) -> None:
    targets: list[dict[Any, int]] = [
        {"a": 50, "b": 50},
        {"a": 50, "b": 50, "c": 50},
        dict.fromkeys(range(100), 2),
    ]
    deciding = [metrics(of(tmp_path, counts))[0] for counts in targets]
    assert [(metric["name"], metric["minimum"]) for metric in deciding] == [
        ("roc_auc", 0.5),
        ("balanced_accuracy", 0.33),
        ("r2", 0.0),
    ]


def test_a_promotion_asks_for_a_certificate_if_enough_rows_can_be_judged(tmp_path: Path) -> None:
    many, few = of(tmp_path, {"a": 200, "b": 200}), of(tmp_path, {"a": 80, "b": 80})
    assert (enough(many), enough(few)) == (True, False)
    assert "\n    - {KIND: CertificateGate}" in promotion(many, PLACE)
    assert "\n  # - {KIND: CertificateGate}" in promotion(few, PLACE)


def test_rows_that_share_an_id_can_be_held_out_together(tmp_path: Path) -> None:
    choices = of(tmp_path, {"a": 100, "b": 100}, customer_id=np.arange(200) // 2)
    assert "\n  # splitter: {KIND: GroupedSplitter, group: customer_id}\n  splitter:" in training(
        choices, PLACE
    )
