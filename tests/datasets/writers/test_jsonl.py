"""JSON Lines as MXT writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mxt.datasets.writers.jsonl import JsonlWriter

if TYPE_CHECKING:
    from pathlib import Path


def test_each_row_is_an_object_and_what_json_cannot_hold_is_null(tmp_path: Path) -> None:
    """RFC 8259, section 6: NaN and infinities are no numbers of JSON."""
    table = pd.DataFrame({"x": [1.5, float("nan"), float("inf")], "text": ["ü", None, "a\nb"]}).rename_axis(
        "id"
    )
    JsonlWriter(path=str(tmp_path / "table")).write(table)
    assert (tmp_path / "table").read_text(encoding="utf-8").splitlines() == [
        '{"id": 0, "x": 1.5, "text": "ü"}',
        '{"id": 1, "x": null, "text": null}',
        '{"id": 2, "x": null, "text": "a\\nb"}',
    ]


def test_times_are_written_as_iso_8601_orders_them(tmp_path: Path) -> None:
    table = pd.DataFrame({"when": [pd.Timestamp("2024-02-29 12:00")]}).rename_axis("id")
    JsonlWriter(path=str(tmp_path / "table")).write(table)
    assert (tmp_path / "table").read_text() == '{"id": 0, "when": "2024-02-29 12:00:00"}\n'
