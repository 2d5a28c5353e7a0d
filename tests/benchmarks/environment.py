"""Make an environment with the newest Python on this machine and the newest peers: ``environment.py FOLDER``.

It is run by any Python 3.11 that has ``uv``; MXT itself is built into it, kernels and all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PEERS = ("fasttreeshap-fixed", "lightgbm", "numba", "shap", "shapiq", "woodelf-explainer", "xgboost")
"""With numba, which fasttreeshap-fixed needs and does not name."""
USUAL = ("cpython", "default")
UV = (sys.executable, "-m", "uv")


def make(folder: Path) -> None:
    """Make it, or bring it up to date."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([*UV, "venv", "--clear", "--quiet", "--python", newest_python(), folder], check=True)
    options = ("--quiet", "--compile-bytecode", "--upgrade", "--reinstall-package", "mxt")
    install = [*UV, "pip", "install", *options]
    subprocess.run([*install, "--python", python, ".", *PEERS], check=True)


def newest_python() -> str:
    """The newest released CPython that is installed; pyenv hides those that are not chosen."""
    hidden = sorted((Path.home() / ".pyenv" / "versions").glob("*/bin"))
    search = os.pathsep.join([os.environ["PATH"], *map(str, hidden)])
    asked = [*UV, "python", "list", "--only-installed", "--output-format", "json"]
    told = subprocess.run(asked, env=os.environ | {"PATH": search}, capture_output=True, check=True)
    usual = [one for one in json.loads(told.stdout) if (one["implementation"], one["variant"]) == USUAL]
    released = [one for one in usual if one["version"].replace(".", "").isdigit()]
    best = max(released, key=lambda one: [*map(int, one["version"].split("."))])
    return str(best["path"])


if __name__ == "__main__":
    make(Path(sys.argv[1]))
