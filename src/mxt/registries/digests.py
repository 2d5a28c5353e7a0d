"""Digests of what a model version comes from: its files, configs, code and packages."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.registries import folders
from mxt.services.base.outages import is_outage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxt.registries.versions import Pinned

CERTIFICATES = "certificates"
"""Folder beside a model's files that holds the version's certificates."""
_LOGGED = re.compile(r"models:/m-[0-9a-f]{32}")
"""URIs of models that were logged, and may not be registered."""
UNKNOWN = "unknown"
WITH_CHANGES = " with changes"
FILES = "config_files.json"
"""Artifact of a run: the digests of the YAML files that its config came from."""
RECIPE_FILE = "recipe.json"
"""Artifact of a training's run: the recipe that was fitted, which a search may have chosen."""
_GIT_SECONDS = 10


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def model_digest(pinned: Pinned) -> str:
    """SHA-256 over the paths and bytes of all files of a model version, as `folders.digested` has it.

    Raises:
        ModelError: The files cannot be fetched, or something among them is no regular file.
    """
    return folders.digested(Path(fetched(pinned.uri)))


def config_digest(run_id: str) -> str:
    """SHA-256 of the config that a run recorded; `UNKNOWN` if the run recorded none."""
    content = artifact(run_id, "config.json")
    return UNKNOWN if content is None else sha256(content)


def config_files(run_id: str) -> dict[str, str]:
    """SHA-256 of the YAML files that a run's config came from, by path; empty if the run recorded none."""
    return {str(path): str(digest) for path, digest in recorded(run_id, FILES).items()}


def recorded(run_id: str, name: str) -> dict[str, object]:
    """The JSON object in a run's artifact; empty if there is no such artifact.

    Raises:
        ModelError: The artifact is no JSON.
    """
    content = artifact(run_id, name)
    try:
        parsed = {} if content is None else json.loads(content)
    except ValueError as error:
        msg = f"The file {name} of run {run_id} is broken; run that job again."
        raise ModelError(msg) from error
    return parsed if isinstance(parsed, dict) else {}


def artifact(run_id: str, name: str) -> bytes | None:
    """The bytes of a run's artifact; None if there is no such artifact or run."""
    import mlflow

    if not run_id:
        return None
    try:
        # Below runs:/ MLflow would look for a model of that name as well.
        return Path(fetched(f"{mlflow.get_run(run_id).info.artifact_uri}/{name}")).read_bytes()
    except (ModelError, mlflow.exceptions.MlflowException, OSError) as error:
        if is_outage(error):
            raise
        return None


def fetched(uri: str) -> str:
    """The path on this machine of an artifact, or of a folder of artifacts, fetched from the store.

    Raises:
        ModelError: It is not in the store.
    """
    import mlflow

    try:
        return str(mlflow.artifacts.download_artifacts(uri))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        if is_outage(error):
            raise  # the job turns it into a ServiceError
        msg = f"{uri} cannot be fetched ({type(error).__name__}); was it deleted?"
        raise ModelError(msg) from error


def fetched_file(uri: str, name: str) -> Path:
    """The path on this machine of one file of the model at `uri`.

    Raises:
        ModelError: It is not in the store.
    """
    if _LOGGED.fullmatch(uri):  # below which MLflow fetches no single files
        return Path(fetched(uri)) / name
    return Path(fetched(f"{uri}/{name}"))


def files_digests(paths: Iterable[str], root: str) -> dict[str, str]:
    """SHA-256 of files by their paths from `root`; empty for a file that does not exist."""
    places = {name: Path(root) / name for name in paths}
    return {name: sha256(path.read_bytes()) if path.is_file() else "" for name, path in places.items()}


def code_commit(root: str) -> str:
    """The git commit that the project at `root` stands at; `UNKNOWN` if there is none.

    `WITH_CHANGES` follows the commit if files differ from it.
    """
    git = shutil.which("git")
    if git is None or not root:
        return UNKNOWN
    try:
        head, status = (
            subprocess.run(  # noqa: S603 - git itself, in the project's folder
                [*_leash(), git, "-C", root, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_GIT_SECONDS,
            )
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (subprocess.TimeoutExpired, OSError):
        return UNKNOWN
    if head.returncode or not head.stdout.strip():
        return UNKNOWN
    return head.stdout.strip() + (WITH_CHANGES if status.stdout.strip() else "")


def _leash() -> list[str]:
    """What lets a program end with this process, where the system has it: util-linux's own command."""
    program = shutil.which("setpriv") or ""
    known = sys.platform == "linux" and Path(program).resolve().name == "setpriv"  # BusyBox has another
    return [program, "--pdeathsig", "KILL"] if known else []


def is_commit(code: str) -> bool:
    """Whether a result of `code_commit` identifies all of the code: a commit, and no changes beside it."""
    return code != UNKNOWN and not code.endswith(WITH_CHANGES)


def named(files: Mapping[str, str]) -> dict[str, str]:
    """Digests of files by names that no other thing has which a certificate is bound to."""
    return {f"file:{path}": digest for path, digest in files.items()}
