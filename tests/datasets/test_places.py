"""What is remembered of files: as long as nothing shows that they changed, and no longer."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from mxt.datasets.places import SETTLED_SECONDS, content, filesystem_of, listing, remembered, there
from mxt.errors import DataError, MissingExtraError, ServiceError
from services.servers import answering

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


def test_a_url_of_no_known_file_system_is_refused() -> None:
    with pytest.raises(DataError, match=r"^nowhere://bucket/x: no file system is known"):
        filesystem_of("nowhere://bucket/x")


@pytest.mark.parametrize(
    ("url", "install"),
    [
        ("s3://bucket/x", "'mxt[s3]'"),
        ("gs://bucket/x", "'mxt[gcs]'"),
        ("abfs://container@account/x", "'mxt[azure]'"),
        ("sftp://host/x", "paramiko"),
        ("simplecache::s3://bucket/x", "'mxt[s3]'"),
    ],
)
def test_a_kind_of_url_whose_package_is_absent_names_the_command(url: str, install: str) -> None:
    with pytest.raises(MissingExtraError) as caught:
        filesystem_of(url)
    assert str(caught.value) == (
        f"{url}: this kind of URL needs a package that is not installed; run: pip install {install}"
    )


@pytest.mark.parametrize(
    "url", ["zip://a.csv::{}", "tar://a.csv::{}", "simplecache::{}", "simplecache::file://{}"]
)
def test_an_archive_that_is_a_pipe_is_refused_and_not_waited_for(url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is neither a file nor a folder, but a pipe"):
        filesystem_of(url.format(tmp_path / "pipe"))


def test_an_archive_that_is_none_or_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("a,b")
    with pytest.raises(DataError, match=r"x\.zip: cannot be opened \(BadZipFile\)"):
        filesystem_of(f"zip://a.csv::{tmp_path}/x.zip")
    with pytest.raises(DataError, match=r"y\.zip: no such file or folder"):
        filesystem_of(f"zip://a.csv::{tmp_path}/y.zip")
    with pytest.raises(DataError, match=r"zip://a.csv: cannot be opened"):
        filesystem_of("zip://a.csv")


def test_a_folder_with_a_pipe_or_a_link_to_the_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    assert listing(str(tmp_path))
    (tmp_path / "b.csv").symlink_to("/proc/self/environ")
    with pytest.raises(DataError, match=r"b\.csv is neither a file nor a folder, but a view of the system"):
        listing(str(tmp_path))
    (tmp_path / "b.csv").unlink()
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"b\.csv is neither a file nor a folder, but a pipe"):
        listing(str(tmp_path))


def test_there_says_whether_a_server_has_a_file_or_that_it_does_not_say() -> None:
    for status, expected in ((200, True), (404, False)):
        with answering(status) as (host, _):
            assert there(f"http://{host}/x") is expected
    with answering(503) as (host, _), pytest.raises(ServiceError, match="HTTP 503"):
        there(f"http://{host}/x")


def test_the_content_of_a_file_is_read_from_a_disk_and_from_a_server(tmp_path: Path) -> None:
    with answering(200, b"a: 1") as (host, _):
        places = [str(write(tmp_path / "x", "a: 1")), f"http://{host}/x"]
        assert [content(place) for place in places] == [b"a: 1", b"a: 1"]
