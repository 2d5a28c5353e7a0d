"""Packages from outside, as pip would install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def installed(folder: Path, modules: Mapping[str, str]) -> dict[str, str]:
    """An environment in which the distribution `dusk` is installed, with an entry point for each module.

    Args:
        folder: Where it lies.
        modules: The code of each module, by its name.
    """
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
    about = folder / "dusk-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dusk\nVersion: 1.0\n")
    entries = "".join(f"{name} = {name}\n" for name in modules)
    (about / "entry_points.txt").write_text(f"[mxt.kinds]\n{entries}")
    return {"PYTHONPATH": str(folder)}
