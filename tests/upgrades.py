"""Other versions of packages, as the metadata of an installation declare them."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

VERSION = "99.1"


def upgrade(package: str, folder: Path, patched: pytest.MonkeyPatch) -> None:
    """Let a package seem to have `VERSION` until the test is over; its code stays as it is."""
    metadata = folder / f"{package.replace('-', '_')}-{VERSION}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {VERSION}\n", encoding="utf-8")
    patched.syspath_prepend(folder)


def uninstall(package: str, patched: pytest.MonkeyPatch) -> None:
    """Let a package seem to be absent until the test is over; its code stays as it is."""
    version = importlib.metadata.version

    def absent(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    patched.setattr(importlib.metadata, "version", absent)
