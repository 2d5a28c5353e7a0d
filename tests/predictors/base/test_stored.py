"""What an MLmodel file names is a text, and a file of the model's own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mxt.errors import ModelError
from mxt.predictors.base.stored import Stored, may_be_allowed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_text_is_read_as_it_is_and_an_absent_one_has_a_default(tmp_path: Path) -> None:
    stored = Stored(tmp_path, {"data": "model.ubj", "form": None, "list": ["a"]})
    assert [stored.text("data"), stored.text("form", "cbm"), stored.text("absent")] == [
        "model.ubj",
        "cbm",
        "",
    ]
    with pytest.raises(ModelError, match="has a list as list, not a text"):
        stored.text("list")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\\x", "a\0x", 3])
def test_a_name_that_leads_elsewhere_is_no_file(name: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"as data, (which is no file in the model's folder|not a text)"):
        Stored(tmp_path, {"data": name}).file("data")


def test_a_file_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "model.ubj").touch()
    stored = Stored(tmp_path, {"data": "data/model.ubj", "folder": "data", "absent": "x" * 5000})
    assert stored.file("data") == tmp_path / "data" / "model.ubj"
    for key in ("folder", "absent"):
        with pytest.raises(ModelError, match="is missing"):
            stored.file(key)


@pytest.mark.parametrize(
    "name", ["builtins.eval", "os.system", "__main__.Log", "Log", "a b.C", "a.b\n", "a..b", ""]
)
def test_what_can_run_anything_or_is_no_name_of_a_type_may_be_allowed_by_nobody(name: str) -> None:
    assert may_be_allowed("acme.features.Log")
    assert not may_be_allowed(name)
