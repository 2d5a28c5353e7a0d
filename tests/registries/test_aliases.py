"""Moves of an alias: recorded ones, ones made outside MXT, and what they say of any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mxt.registries.aliases import Move, last_move, move, move_tags, moves, previous
from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from registries.store import Registry

START = datetime(2026, 3, 1, tzinfo=UTC)


def made(*steps: tuple[int | None, int] | tuple[int | None, int, bool]) -> list[Move]:
    """Moves of one alias, a day apart; a third value says that one is a rollback."""
    return [
        Move("A", step[0], step[1], START + timedelta(days=day), rollback=len(step) > 2, run_id=f"r{day}")
        for day, step in enumerate(steps)
    ]


@pytest.mark.parametrize(
    ("history", "version"),
    [
        (made(), None),
        (made((None, 1)), None),
        (made((None, 1), (1, 2)), 1),
        (made((None, 1), (1, 2), (2, 1, True)), None),
        (made((None, 1), (1, 2), (2, 3), (3, 2, True)), 1),
        (made((None, 1), (1, 2), (2, 1, True), (1, 3)), 1),
        (made((2, 1, True)), None),
    ],
)
def test_a_rollback_undoes_the_last_move_that_none_has_undone(
    history: list[Move], version: int | None
) -> None:
    assert previous(history) == version


def test_the_last_move_up_to_a_moment_is_one_whose_time_is_known() -> None:
    history = [*made((None, 1), (1, 2)), Move("A", 2, 3)]
    day = timedelta(days=1)
    assert last_move(history, START - day) is None
    assert last_move(history, START) == history[0]
    assert last_move(history, START + day / 2) == history[0]
    assert last_move(history, START + 9 * day) == history[1]


def recorded(registry: Registry, name: str, version: int, day: int, **said: str) -> Move:
    """Move the alias A as a job does, `day` days after the start."""
    moved = replace(move(registry.client, name, "A", version), at=START + timedelta(days=day))
    rollback = said.pop("rollback", "") == "true"
    tags = move_tags(name, moved, who="Ada", why="a reason", rollback=rollback)
    run_id = registry.run({**tags, "mxt.job": "PromotionJob", **said})
    return replace(moved, who="Ada", why="a reason", rollback=rollback, run_id=run_id, job="PromotionJob")


def test_recorded_moves_come_back_in_their_order_whatever_became_of_their_runs(registry: Registry) -> None:
    for _ in range(2):
        registry.version("moved")
    expected = [
        recorded(registry, "moved", 1, 0),
        recorded(registry, "moved", 2, 1),
        recorded(registry, "moved", 1, 2, rollback="true"),
    ]
    registry.client.delete_run(expected[1].run_id)
    registry.run(move_tags("another", Move("A", None, 1)))
    registry.run(move_tags("moved", Move("B", None, 1)))
    assert moves(registry.client, "moved", "A") == expected
    assert [each.how for each in expected] == ["PromotionJob", "PromotionJob", "rollback"]
    assert (expected[0].before, expected[1].before) == (None, 1)


def test_moves_outside_mxt_show_where_the_alias_was_not_left(registry: Registry) -> None:
    for _ in range(3):
        registry.version("outside")
    first = recorded(registry, "outside", 1, 0)
    registry.client.set_registered_model_alias("outside", "A", "2")
    second = recorded(registry, "outside", 3, 1)
    registry.client.delete_registered_model_alias("outside", "A")
    assert moves(registry.client, "outside", "A") == [first, Move("A", 1, 2), second, Move("A", 3, None)]
    assert Move("A", 1, 2).how == "outside MXT"
    assert moves(registry.client, "outside", "B") == []


def test_a_move_points_the_alias_to_the_version_and_knows_where_it_was(registry: Registry) -> None:
    registry.version("pointed")
    registry.version("pointed")
    assert move(registry.client, "pointed", "A", 1).before is None
    moved = move(registry.client, "pointed", "A", 2)
    assert (moved.before, moved.after, moved.recorded) == (1, 2, False)
    assert aliases_of(registry.client, "pointed") == {"A": 2}


def test_a_tag_is_left_out_that_holds_nothing_but_where_a_new_alias_came_from() -> None:
    tags = move_tags("churn", Move("A", None, 1, START))
    assert tags == {
        "mxt.model": "churn",
        "mxt.alias": "A",
        "mxt.alias_from": "",
        "mxt.alias_to": "1",
        "mxt.alias_at": "2026-03-01T00:00:00.000000+00:00",
    }
