"""The record of runs that added rows to an output does not grow without end, and loses nothing in silence."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from mxt.streams.increments import KEPT_RUNS, recorded

if TYPE_CHECKING:
    from mxt.streams.increments import AddedRows


def run(number: int) -> AddedRows:
    model, digest = "models:/churn/1", f"{number:064d}"
    return {"watermark": number, "rows": number, "model_uri": model, "data_digest": digest}


def after(runs: int, record: str = "[]", first: int = 1) -> list[dict[str, Any]]:
    """The record after so many runs, of which each adds as many rows as its number says."""
    for number in range(first, first + runs):
        record = recorded(record, run(number))
    entries: list[dict[str, Any]] = json.loads(record)
    return entries


def chain(*runs: AddedRows) -> str:
    digest = ""
    for each in runs:
        digest = hashlib.sha256((digest + json.dumps(each, sort_keys=True)).encode()).hexdigest()
    return digest


def test_up_to_thirty_runs_are_recorded_in_full() -> None:
    assert after(KEPT_RUNS) == [run(number) for number in range(1, KEPT_RUNS + 1)]


def test_of_more_runs_the_latest_are_recorded_in_full_and_the_earlier_ones_summed_up() -> None:
    earlier, *latest = after(KEPT_RUNS + 3)
    assert latest == [run(number) for number in range(4, KEPT_RUNS + 4)]
    assert earlier == {"earlier_runs": 3, "rows": 1 + 2 + 3, "digest": chain(run(1), run(2), run(3))}


def test_the_record_of_a_thousand_runs_is_no_longer_than_that_of_fifty() -> None:
    short, long = (json.dumps(after(runs)) for runs in (50, 1000))
    assert len(long) < 1.1 * len(short)
    assert json.loads(long)[0]["rows"] == sum(range(1, 1000 - KEPT_RUNS + 1))


def test_a_record_of_an_earlier_release_with_all_runs_in_full_is_gone_on_from() -> None:
    full = json.dumps([run(number) for number in range(1, 101)])
    assert after(1, full, first=101) == after(101)


@pytest.mark.parametrize("change", [{"rows": 4}, {"model_uri": "models:/churn/9"}, {"watermark": 0}])
def test_the_digest_of_the_earlier_runs_depends_on_each_of_their_facts(change: dict[str, Any]) -> None:
    runs = [run(number) for number in range(1, KEPT_RUNS + 3)]
    other = [{**runs[0], **change}, *runs[1:]]
    records = [json.loads(recorded(json.dumps(each[:-1]), each[-1])) for each in (runs, other)]  # type: ignore[arg-type] # a run with one fact changed
    assert records[0][0]["digest"] != records[1][0]["digest"]
    assert records[0][1:] == records[1][1:]
