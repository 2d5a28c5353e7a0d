"""What a worker of a cluster does with what it is sent."""

from __future__ import annotations

import os
import pickle
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from executors.streams import FAULTS, Failing, Sums
from mxt.errors import DataError, ServiceError
from mxt.executors.base.groups import Group, StreamFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxt.executors.base import Part, Receipt


@dataclass(frozen=True)
class Refusing(Sums):
    """Work that a worker cannot begin with."""

    how: str = "bug"

    def kept(self, number: int) -> Receipt | None:  # noqa: ARG002 - whatever the part
        raise FAULTS[self.how]


@dataclass(frozen=True)
class Leaving(Sums):
    """Work that ends the process politely."""

    def work(self, part: Part) -> Receipt:  # noqa: ARG002 - whatever the part
        sys.exit(3)


@dataclass(frozen=True)
class Unreadable(Sums):
    """A table that ends with an error."""

    def parts(self, numbers: Sequence[int] | None = None) -> Iterator[Part]:
        yield from super().parts((numbers or [])[:1])
        msg = "table.csv: cannot be read."
        raise DataError(msg)


@pytest.fixture
def file() -> Iterator[StreamFile]:
    written = StreamFile.write(Sums(9))
    yield written
    written.remove()


def test_a_worker_gives_the_receipts_of_its_group_in_their_order(file: StreamFile) -> None:
    outcome = Group(file, (4, 7)).outcome()
    assert isinstance(outcome, list)
    assert [(receipt.part, receipt.facts["sum"]) for receipt in outcome] == [(4, 445), (7, 745)]


def test_the_stream_is_for_its_owner_only(file: StreamFile) -> None:
    assert stat.S_IMODE(Path(file.path).stat().st_mode) == 0o600
    file.remove()
    assert not Path(file.path).exists()


def test_a_stream_that_was_changed_is_not_loaded() -> None:
    file = StreamFile.write(Sums(11))
    content = Path(file.path).read_bytes()
    Path(file.path).write_bytes(content + b".")
    outcome = Group(file, (1,)).outcome()
    file.remove()
    assert isinstance(outcome, ServiceError)
    assert "has been changed" in str(outcome)


def test_a_folder_that_workers_do_not_see_is_told(file: StreamFile) -> None:
    outcome = Group(replace(file, path="/nowhere/stream", digest="x"), (1,)).outcome()
    assert isinstance(outcome, ServiceError)
    assert "No such file or directory" in str(outcome)
    assert f"a worker on {os.uname().nodename}" in str(outcome)


def test_other_packages_are_told(file: StreamFile) -> None:
    versions = {**file.versions, "numpy": "0.1", "a-library": "2.0"}
    outcome = Group(replace(file, versions=versions, digest="x"), (1,)).outcome()
    assert isinstance(outcome, ServiceError)
    assert f"numpy {file.versions['numpy']} instead of 0.1" in str(outcome)
    assert "a-library none instead of 2.0" in str(outcome)


@pytest.mark.parametrize("how", FAULTS)
def test_why_a_worker_cannot_work_keeps_its_class(how: str) -> None:
    file = StreamFile.write(Refusing(3, how=how))
    outcome = pickle.loads(pickle.dumps(Group(file, (1,)).outcome()))  # noqa: S301 - our own
    file.remove()
    assert type(outcome) is type(FAULTS[how])
    assert str(outcome).startswith(f"{FAULTS[how]} (So says a worker on ")


def test_a_part_that_leaves_the_process_has_failed_and_the_others_go_on(tmp_path: Path) -> None:
    file = StreamFile.write(Leaving(3))
    outcome = Group(file, (0, 1)).outcome()
    file.remove()
    assert isinstance(outcome, list)
    assert [receipt.part for receipt in outcome] == [0, 1]
    assert all("SystemExit" in receipt.error for receipt in outcome)
    file = StreamFile.write(Failing(9, marks=tmp_path))
    outcome = Group(file, (2, 3, 4)).outcome()
    file.remove()
    assert isinstance(outcome, list)
    assert [bool(receipt.error) for receipt in outcome] == [False, True, False]


def test_a_table_that_cannot_be_read_on_is_an_error_of_the_data() -> None:
    file = StreamFile.write(Unreadable(5))
    outcome = Group(file, (1, 2)).outcome()
    file.remove()
    assert isinstance(outcome, DataError)
    assert str(outcome).startswith("table.csv: cannot be read.")
