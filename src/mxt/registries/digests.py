"""Digests of what a model version comes from: its files, configs, code and packages."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxt.registries.versions import Pinned

CERTIFICATES = "certificates"
"""Folder of a model's files that holds its certificates, and is none of the model itself."""
_NOT_THE_MODEL = {CERTIFICATES, "registered_model_meta"}
"""What lies beside a model: its certificates, and what MLflow writes when it fetches the model."""
UNKNOWN = "unknown"
WITH_CHANGES = " with changes"
FILES = "config_files.json"
"""Artifact of a run: the digests of the YAML files that its config came from."""
RECIPE_FILE = "recipe.json"
"""Artifact of a run that trained: the recipe that it fitted, which a search may have chosen."""
_GIT_SECONDS = 10


def sha256(content: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def model_digest(pinned: Pinned) -> str:
    """SHA-256 over the paths and bytes of all files of a model version.

    Each file counts with its path from the model's folder, a zero byte, and the SHA-256 of its bytes, in the
    order of the paths.

    Raises:
        ModelError: The files cannot be fetched.
    """
    folder, total = Path(fetched(pinned.uri)), hashlib.sha256()
    files = [path for path in folder.rglob("*") if path.is_file()]
    told = sorted((path.relative_to(folder).as_posix(), path) for path in files)
    for name, path in told:
        if name.partition("/")[0] not in _NOT_THE_MODEL:
            total.update(name.encode() + b"\0" + bytes.fromhex(sha256(path.read_bytes())))
    return total.hexdigest()


def config_digest(run_id: str) -> str:
    """SHA-256 of the config that a run recorded; `UNKNOWN` if it recorded none."""
    content = artifact(run_id, "config.json")
    return UNKNOWN if content is None else sha256(content)


def config_files(run_id: str) -> dict[str, str]:
    """The YAML files that a run's config came from, and their SHA-256; none if it came from none."""
    return {str(path): str(digest) for path, digest in recorded(run_id, FILES).items()}


def recorded(run_id: str, name: str) -> dict[str, Any]:
    """What a run's artifact holds as JSON; nothing if there is none.

    Raises:
        ModelError: It was broken.
    """
    content = artifact(run_id, name)
    try:
        told = {} if content is None else json.loads(content)
    except ValueError as error:
        msg = f"The file {name} of run {run_id} is broken; run that job again."
        raise ModelError(msg) from error
    return told if isinstance(told, dict) else {}


def artifact(run_id: str, name: str) -> bytes | None:
    """The bytes of a run's artifact; None if there is none, or no run."""
    if not run_id:
        return None
    try:
        return Path(fetched(f"runs:/{run_id}/{name}")).read_bytes()
    except (ModelError, OSError):
        return None


def fetched(uri: str) -> str:
    """An artifact or a folder of them on this machine.

    Raises:
        ModelError: There is none.
    """
    import mlflow

    try:
        return str(mlflow.artifacts.download_artifacts(uri))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        msg = f"{uri} cannot be fetched ({type(error).__name__}); was it deleted?"
        raise ModelError(msg) from error


def files_digests(paths: Iterable[str], root: str) -> dict[str, str]:
    """SHA-256 of files by their paths from `root`; of one that is not there it is empty."""
    found = {}
    for name in paths:
        path = Path(root) / name
        found[name] = sha256(path.read_bytes()) if path.is_file() else ""
    return found


def code_commit(root: str) -> str:
    """The git commit that the project at `root` stands at; `UNKNOWN` if there is none.

    Changes that are not committed are told: they are in no commit.
    """
    git = shutil.which("git")
    if git is None or not root:
        return UNKNOWN
    try:
        head, status = (
            subprocess.run(  # noqa: S603 - git itself, in the project's folder
                [git, "-C", root, *words], capture_output=True, text=True, check=False, timeout=_GIT_SECONDS
            )
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (subprocess.TimeoutExpired, OSError):
        return UNKNOWN
    if head.returncode or not head.stdout.strip():
        return UNKNOWN
    return head.stdout.strip() + (WITH_CHANGES if status.stdout.strip() else "")


def is_commit(code: str) -> bool:
    """Whether what `code_commit` told names all of the code: no commit tells what was changed since."""
    return code != UNKNOWN and not code.endswith(WITH_CHANGES)


def named(files: Mapping[str, str]) -> dict[str, str]:
    """Digests of files, by names that tell them from other things that a certificate is bound to."""
    return {f"file:{path}": digest for path, digest in files.items()}
