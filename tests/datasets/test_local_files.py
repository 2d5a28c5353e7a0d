"""What a path of this machine leads to: files and folders, and what is neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.stores import special
from mxt.datasets.local_files import blocked, foreign_part, obstacle, too_long

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("what", ["pipe", "socket", "device"])
def test_a_special_file_is_no_place_for_a_table_by_whichever_path(what: str, tmp_path: Path) -> None:
    place = special(tmp_path / "special", what)
    (tmp_path / "link").symlink_to("special")
    (tmp_path / "folder").symlink_to(tmp_path)
    for path in (place, tmp_path / "link", tmp_path / "folder" / "link"):
        assert obstacle(str(path)) == f"is neither a file nor a folder, but a {what}"
        assert blocked(str(path), folder=True) == obstacle(str(path))


@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/sys/kernel", "/proc/new", "/dev/new/table", "/proc/self/fd"]
)
def test_views_of_the_system_are_no_place_for_a_table(path: str, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    for each in (path, f"/tmp/../{path}", str(link)):  # noqa: S108 - a path that leads out of a folder
        assert "a view of the system" in obstacle(each)


def test_files_in_memory_are_files(tmp_path: Path) -> None:
    assert not obstacle("/dev/shm/table.csv")  # noqa: S108 - the folder that is meant
    for path in (tmp_path, tmp_path / "new", tmp_path / "new" / "deep"):
        assert not obstacle(str(path))
        assert not blocked(str(path), folder=True)


def test_links_in_a_circle_and_names_that_no_file_can_have_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert obstacle(str(tmp_path / "a")) == "is a link that leads in a circle"
    assert obstacle(str(tmp_path / ("ü" * 128))) == "has a name of 256 bytes, and 255 are the most"
    assert too_long("/" + "a/" * 2050) == "has 4100 bytes, and 4095 are the most"
    assert not too_long(f"/{'a' * 255}")
    assert obstacle(f"{tmp_path}/a\0b") == "holds a NUL"


def test_a_file_needs_a_folder_above_it_and_no_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert blocked(str(tmp_path), folder=False) == "is a folder, and no file"
    assert blocked(str(tmp_path / "file"), folder=True) == "is a file, and no folder"
    assert (
        blocked(str(tmp_path / "file" / "a"), folder=False) == f"lies in {tmp_path}/file, which is no folder"
    )
    (tmp_path / "link").symlink_to("new/table")
    assert not blocked(str(tmp_path / "link"), folder=False)


def test_a_link_within_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text("")
    assert not foreign_part(tmp_path)
    (tmp_path / "deep" / "link").symlink_to("file")
    assert foreign_part(tmp_path) == f"{tmp_path}/deep/link"
