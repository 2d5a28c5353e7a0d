"""The version is that of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mxt
from mxt.cli import main

if TYPE_CHECKING:
    import pytest


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--version"], ["version"]):
        assert main(words) == 0
        assert capsys.readouterr().out == f"mxt {mxt.__version__}\n"
