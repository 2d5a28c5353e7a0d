"""What is remembered of files: as long as nothing shows that they changed, and no longer."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from mxt.datasets.places import SETTLED_SECONDS, filesystem_of, listing, remembered
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_700_000_000


def write(path: Path, content: str, at: float = LONG_AGO) -> Path:
    """A file that changed at a time."""
    path.write_text(content)
    os.utime(path, (at, at))
    return path


def test_a_question_about_a_file_is_answered_once(tmp_path: Path) -> None:
    path = write(tmp_path / "table", "a")
    answers = [remembered(str(path), "first", answer) for answer in (lambda: "one", lambda: "another")]
    assert answers == ["one", "one"]


@pytest.mark.parametrize("content", ["b", "longer"])
def test_a_file_that_changed_is_asked_again(content: str, tmp_path: Path) -> None:
    path = write(tmp_path / "table", "a")
    remembered(str(path), "content", path.read_text)
    write(path, content, LONG_AGO + 1)
    assert remembered(str(path), "content", path.read_text) == content


def test_a_file_more_in_the_folder_is_a_change(tmp_path: Path) -> None:
    write(tmp_path / "one", "")
    names = [remembered(str(tmp_path), "names", lambda: [*listing(str(tmp_path))])]
    write(tmp_path / "two", "")
    names.append(remembered(str(tmp_path), "names", lambda: [*listing(str(tmp_path))]))
    assert [len(each) for each in names] == [1, 2]


def test_nothing_is_remembered_of_a_file_that_changed_a_moment_ago(tmp_path: Path) -> None:
    path = write(tmp_path / "table", "a", time.time() + SETTLED_SECONDS)
    assert remembered(str(path), "first", lambda: 1) == 1
    assert remembered(str(path), "first", lambda: 2) == 2


def test_two_questions_have_two_answers(tmp_path: Path) -> None:
    path = write(tmp_path / "table", "a")
    assert [remembered(str(path), word, word.upper) for word in ("one", "two")] == ["ONE", "TWO"]


def test_an_error_is_no_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "table", "a")
    with pytest.raises(ZeroDivisionError):
        remembered(str(path), "first", lambda: 1 // 0)
    assert remembered(str(path), "first", lambda: 1) == 1


def test_a_listing_names_each_file_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    paths = [str(write(tmp_path / name, "a")) for name in ("one", "deep/two")]
    assert {*listing(str(tmp_path))} == {*paths}
    assert [*listing(paths[0])] == [paths[0]]


@pytest.mark.parametrize(
    ("url", "message"),
    [("nowhere://bucket/x", "no file system is known"), ("s3://bucket/x", "needs a package")],
)
def test_a_url_of_no_known_file_system_is_refused(url: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^{url}: .*{message}"):
        filesystem_of(url)
