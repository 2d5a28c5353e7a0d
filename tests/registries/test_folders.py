"""Folders of models: each byte counts, and what is no regular file or is too large is refused by its name."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import pytest

from mxt.errors import ModelError
from mxt.registries.folders import content, digested

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="as POSIX has files")


def test_the_digest_is_of_paths_and_bytes_which_are_copied_as_they_are_read(tmp_path: Path) -> None:
    folder, copy = tmp_path / "model", tmp_path / "copy"
    (folder / "data").mkdir(parents=True)
    copy.mkdir()
    files = {"MLmodel": b"flavors: {}", "data/model.ubj": b"{}"}
    for name, each in files.items():
        (folder / name).write_bytes(each)
    expected = b"".join(name.encode() + b"\0" + hashlib.sha256(each).digest() for name, each in files.items())
    assert digested(folder) == digested(folder, copy) == hashlib.sha256(expected).hexdigest()
    assert {name: (copy / name).read_bytes() for name in files} == files
    assert (copy / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: (folder / "link").symlink_to("MLmodel"), "'link', but it is a link"),
        (lambda folder: (folder / "link").symlink_to("."), "'link', but it is a link"),
        (lambda folder: os.mkfifo(folder / "fifo"), "'fifo', but it is no regular file"),
        (lambda folder: (folder / "a\u202eb").touch(), "but its name is not printable"),
        (lambda folder: (folder / "/".join("d" * 26)).mkdir(parents=True), "more than 24 levels deep"),
    ],
)
def test_what_is_no_part_of_a_model_is_named(
    make: Callable[[Path], object], says: str, tmp_path: Path
) -> None:
    (tmp_path / "MLmodel").touch()
    make(tmp_path)
    with pytest.raises(ModelError, match=says):
        digested(tmp_path)


@pytest.mark.parametrize(("bound", "most"), [("_MOST_FILES", 2), ("_MOST_BYTES", 8)])
def test_a_model_that_is_too_large_is_refused(
    bound: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"123")
    assert digested(tmp_path)
    monkeypatch.setattr(f"mxt.registries.folders.{bound}", most)
    with pytest.raises(ModelError, match="holds more than"):
        digested(tmp_path)


def test_a_single_file_is_read_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "file").write_bytes(b"1")
    (tmp_path / "model" / "link").symlink_to("file")
    (tmp_path / "linked").symlink_to("model")
    os.mkfifo(tmp_path / "model" / "fifo")
    assert content(tmp_path / "model" / "file") == b"1"
    for name in ("model/link", "linked/file", "model/fifo", "model/absent", "model"):
        with pytest.raises(ModelError, match="a model consists of regular files alone"):
            content(tmp_path / name)
    with pytest.raises(ModelError, match="is no folder that can be read"):
        digested(tmp_path / "absent")
