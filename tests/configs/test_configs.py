"""Layers of a config: files, environment and overrides, and where each part was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt import configs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def write(path: Path, text: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def test_later_layers_win(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.yaml", "a: 1\nb: 1\nc: 1\nd: 1\n"),
        write(tmp_path / "b.yaml", "b: 2\nc: 2\nd: 2\n"),
    ]
    config = configs.load(files, {"c": 3, "d": 3}, ["d=4"])
    assert config.content == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert [config.where((key,)) for key in "abcd"] == [
        f"{files[0]}:1:1",
        f"{files[1]}:1:1",
        "environment",
        "override d",
    ]


def test_a_part_that_was_not_written_is_placed_at_the_closest_that_was(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "job:\n  inputs: {path: x}\n")
    config = configs.load([file], {}, [])
    assert config.where(("job", "inputs", "limit")) == f"{file}:2:3"
    assert config.where(("other",)) == f"{file}:1:1"


def test_the_root_is_beside_confs_unless_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "confs" / "a.yaml", "a: 1\n")
    monkeypatch.delenv("MXT_ROOT", raising=False)
    assert configs.load([file], {}, []).root == str(tmp_path)
    monkeypatch.setenv("MXT_ROOT", str(tmp_path / "elsewhere"))
    assert configs.load([file], {}, []).root == str(tmp_path / "elsewhere")
