"""Packages from outside, as pip would install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def installed(
    folder: Path, modules: Mapping[str, str], entries: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, str]:
    """An environment in which the distribution `dusk` is installed.

    Args:
        folder: Where it lies.
        modules: The code of each module, by its name.
        entries: Its entry points by their group; each module as a module of kinds if left out.
    """
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
    about = folder / "dusk-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dusk\nVersion: 1.0\n")
    lines: list[str] = []
    for group, named in (entries or {"mxt.kinds": {name: name for name in modules}}).items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in named.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return {"PYTHONPATH": str(folder)}
