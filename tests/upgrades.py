"""Other versions of packages, as the metadata of an installation declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt import packages

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
    version = packages._version

    def absent(name: str, path: tuple[str, ...]) -> str:
        return "" if name == package else version(name, path)

    patched.setattr(packages, "_version", absent)
