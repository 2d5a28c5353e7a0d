"""Histories: which version an alias stood for on any day, and what is said where nobody can know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
import pytest

from blank import blank_store
from dead import dead_process
from mxt.errors import ConfigError, ModelError
from mxt.registries.aliases import Move, move_tags
from runs import run

if TYPE_CHECKING:
    from pathlib import Path

MARCH = {
    1: "2026-03-01T08:00:00+00:00",
    2: "2026-03-05T09:00:00+00:00",
    3: "2026-03-05T17:30:00+00:00",
}
"""When Champion was moved to each version."""


class Registry:
    """A registry with three versions of `churn`, whose aliases move at hand-made moments."""

    def __init__(self, root: Path) -> None:
        store = f"sqlite:///{blank_store(root)}"
        self.root, self.client = root, mlflow.MlflowClient(store, store)
        self.client.create_registered_model("churn")
        for _ in MARCH:
            self.client.create_model_version("churn", "file:///nowhere")

    def move(self, before: int | None, after: int, moment: str, **more: Any) -> None:
        """Move Champion, as a promotion records it."""
        self.by_hand(after)
        made = self.client.create_run("0", tags={"mxt.job": "PromotionJob"})
        at = datetime.fromisoformat(moment)
        for key, value in move_tags("churn", Move("Champion", before, after, at), **more).items():
            self.client.set_tag(made.info.run_id, key, value)

    def by_hand(self, version: int) -> None:
        """Move Champion without a record."""
        self.client.set_registered_model_alias("churn", "Champion", str(version))

    def history(self, **fields: Any) -> dict[str, Any]:
        """The result of a history of Champion."""
        return run(self.root, "HistoryJob", **fields)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry whose champion moved to versions 1, 2 and 3, and back to 2."""
    registry = Registry(tmp_path_factory.mktemp("moved"))
    for before, (version, moment) in zip((None, 1, 2), MARCH.items(), strict=True):
        registry.move(before, version, moment, who="Dan", why="it was certified")
    registry.move(3, 2, "2026-03-09T00:00:00+00:00", rollback=True, who="Ada", why="it forgot customers")
    return registry


@pytest.mark.parametrize(
    ("as_of", "version"),
    [
        ("2026-03-01", 1),
        ("2026-03-04", 1),
        ("2026-03-05", 3),
        ("2026-03-05T08:59:59", 1),
        ("2026-03-05T09:00:00", 2),
        ("2026-03-05T18:00:00+01:00", 2),
        ("2026-03-05T17:30:00Z", 3),
        ("2026-03-08", 3),
        ("2026-03-09", 2),
        ("2026-06-01", 2),
        (str(datetime.now(UTC).date()), 2),
        (None, 2),
    ],
)
def test_the_history_knows_the_version_of_any_day_or_moment(
    as_of: str | None, version: int, moved: Registry
) -> None:
    result = moved.history(as_of=as_of)
    assert (result["version"], result["facts"]["version"], result["passed"]) == (version, version, True)


def test_a_day_with_several_moves_names_each(moved: Registry) -> None:
    facts = moved.history(as_of="2026-03-05")["facts"]
    assert facts["that_day"] == "2 from 09:00:00, 3 from 17:30:00"
    assert moved.history(as_of="2026-03-04")["facts"]["that_day"] == "no move"
    assert "that_day" not in moved.history(as_of="2026-03-04T12:00")["facts"]


def test_nobody_knows_the_version_before_the_first_move(moved: Registry) -> None:
    result = moved.history(as_of="2026-02-28")
    assert (result["passed"], result["version"]) == (False, None)
    words = "nobody knows: no move was recorded by then; the first is of 2026-03-01T08:00:00Z"
    assert result["facts"]["answer"] == words


def test_each_move_is_a_row_with_who_when_how_and_why(moved: Registry) -> None:
    result = moved.history(history={"KIND": "CsvWriter", "path": "moves.csv"})
    table = pd.read_csv(moved.root / "moves.csv", index_col="move")
    assert table["to_version"].tolist() == [1, 2, 3, 2]
    assert table["how"].tolist() == ["PromotionJob"] * 3 + ["rollback"]
    assert table["who"].tolist() == ["Dan"] * 3 + ["Ada"]
    assert table["at"].iloc[0] == "2026-03-01T08:00:00Z"
    facts = result["facts"]
    assert (facts["moves"], facts["moves_outside"]) == (4, 0)
    assert (facts["by"], facts["how"], facts["why"]) == ("Ada", "rollback", "it forgot customers")


def test_a_day_on_which_the_alias_may_have_been_moved_outside_is_doubted(registry: Registry) -> None:
    registry.move(None, 1, "2026-03-01T08:00:00+00:00")
    registry.by_hand(3)
    registry.move(3, 2, "2026-03-05T08:00:00+00:00")
    facts = registry.history(as_of="2026-03-03")["facts"]
    assert (facts["version"], facts["moves"], facts["moves_outside"]) == (1, 3, 1)
    words = "somebody moved it to version 3 outside MXT before 2026-03-05T08:00:00Z; nobody knows when"
    assert facts["doubt"] == words
    assert "doubt" not in registry.history(as_of="2026-03-05")["facts"]


def test_a_move_outside_that_no_later_move_bounds_counts_from_now_on(registry: Registry) -> None:
    registry.move(None, 1, "2026-03-01T08:00:00+00:00")
    registry.by_hand(3)
    assert registry.history()["version"] == 3
    past = registry.history(as_of="2026-03-02")
    assert past["version"] == 1
    assert past["facts"]["doubt"] == "somebody moved it to version 3 outside MXT; nobody knows when"


def test_an_alias_set_by_hand_alone_has_no_record(registry: Registry) -> None:
    registry.by_hand(1)
    result = registry.history()
    assert not result["passed"]
    assert result["facts"]["answer"] == "nobody knows: no move was recorded by then"


def test_a_first_move_that_was_decided_and_not_made_is_on_record(registry: Registry) -> None:
    process = {"mxt.process": dead_process(), "mxt.job": "PromotionJob"}
    made = registry.client.create_run("0", tags=process).info.run_id
    tags = move_tags("churn", Move("Champion", None, 2), who="Dan", why="it was certified")
    tags["mxt.alias_intent"] = tags.pop("mxt.alias_to")
    for key, value in tags.items():
        registry.client.set_tag(made, key, value)
    result = registry.history()
    facts = result["facts"]
    said = f"run {made} was stopped before it moved Champion from none to 2; its intent is withdrawn"
    assert (facts["settled"], facts["moves_withdrawn"], facts["moves"]) == (said, 1, 0)
    assert not result["passed"]
    assert "settled" not in registry.history()["facts"]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"as_of": "2999-01-01"}, ConfigError, "as_of: 2999-01-01 is still to come"),
        ({"as_of": "2026-02-30"}, ConfigError, "as_of: 2026-02-30 is no day or moment that there ever was"),
        (
            {"alias": "Champoin"},
            ModelError,
            "'churn' has no alias 'Champoin', and had none before; it has",
        ),
    ],
)
def test_a_moment_or_an_alias_that_never_was_is_refused(
    fields: dict[str, Any], error: type[Exception], message: str, moved: Registry
) -> None:
    with pytest.raises(error, match=message):
        moved.history(**fields)
