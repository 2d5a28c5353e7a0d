"""One error for all parts of a table that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import MxtError, restated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.executors.base import Receipt


def failure(bad: Sequence[Receipt], whole: int = 0) -> MxtError:
    """An error with the class and message of the first part that failed.

    Args:
        bad: Receipts of parts that failed.
        whole: How many parts are finished, and kept.
    """
    first = min(bad, key=lambda receipt: receipt.part)
    kinds = {kind.exit_code: kind for kind in MxtError.__subclasses__()}
    kind = kinds.get(first.exit_code, MxtError)
    if len(bad) == 1 and not whole:
        return restated(kind, first.error)
    others = "" if len(bad) == 1 else f" {len(bad) - 1} more parts failed."
    where = f"part {first.part}, rows {first.first_row} to {first.first_row + first.rows - 1}"
    kept = f" {whole} parts are kept; the next run goes on from there." if whole else ""
    return restated(kind, f"{first.error} ({where}).{others}{kept}")
