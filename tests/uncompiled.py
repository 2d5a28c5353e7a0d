"""An installation of MXT whose kernels could not be compiled."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def uncompile(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    """Take the compiled modules away for the length of a test, and leave the note of a build that failed."""
    note = ModuleType("mxt.datasets.kernels._uncompiled")
    note.REASON = reason  # type: ignore[attr-defined] # a module of one constant
    monkeypatch.setitem(sys.modules, note.__name__, note)
    for module in ("mxt.datasets.kernels._rows", "mxt.explainers.base.kernels._kernels"):
        monkeypatch.setitem(sys.modules, module, None)
