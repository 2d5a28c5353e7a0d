"""Where things are: paths anchored at the project's root, and secrets named by their variable."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from mxt.errors import ConfigError

_SECRETS = "|".join(
    re.sub("[a-z]", lambda letter: f"[{letter[0].upper()}{letter[0]}]", word)  # JSON Schema ignores no case
    for word in ("passw", "pwd", "secret", "token", "odbc_connect")
)
_SECRET_OPTION = rf"[?&;][^=&]*({_SECRETS})"
NO_SECRET_OPTION = Field(json_schema_extra={"not": {"pattern": _SECRET_OPTION}})
"""The rule of `without_secret_options`, as JSON Schema."""
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


def project_root(config_file: str) -> str:
    """The folder that relative paths of a config start from.

    It is the folder that holds ``confs/`` when the config lies in one, else the config's own folder;
    so a job finds the same files from any current folder.
    """
    folder = Path(config_file).absolute().parent
    holders = [parent.parent for parent in (folder, *folder.parents) if parent.name == "confs"]
    return str(holders[0] if holders else folder)


def current_root() -> str:
    """The project's root for a command without a config: MXT_ROOT, or the nearest folder with a project.

    That is the current folder, or the nearest one above it, that holds ``confs/`` or the store ``mlflow.db``;
    the current folder if none does.
    """
    if os.environ.get("MXT_ROOT"):
        return os.path.abspath(os.environ["MXT_ROOT"])  # noqa: PTH100 - keeps links
    here = Path.cwd()
    holders = (
        folder
        for folder in (here, *here.parents)
        if (folder / "confs").is_dir() or (folder / "mlflow.db").is_file()
    )
    return str(next(holders, here))


def anchored(location: str, info: ValidationInfo) -> str:
    """Make a relative path absolute; leave URLs such as ``s3://bucket/key`` as they are."""
    if _URL.match(location):
        return location
    root = (info.context or {}).get("root") or Path.cwd()
    return os.path.normpath(Path(root) / location)


def without_secret_options(url: str) -> str:
    """The URL, unless one of its options looks like a secret.

    Raises:
        ValueError: An option looks like a secret.
    """
    if re.search(_SECRET_OPTION, url):
        msg = "an option of the URL holds a secret, which a config may not"
        raise ValueError(msg)
    return url


Location = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(anchored)]
"""A path, or a URL that fsspec knows; a relative path starts at the project's root."""

Secret = Annotated[str, StringConstraints(pattern=r"^env:[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of the environment variable that holds a secret, as ``env:NAME``; never the secret itself."""


def reveal(secret: str) -> str:
    """The value of the variable that ``env:NAME`` names.

    Raises:
        ConfigError: The variable is not set.
    """
    name = secret.removeprefix("env:")
    if name not in os.environ:
        msg = f"The config takes a secret from the environment variable {name}, which is not set."
        raise ConfigError(msg)
    return os.environ[name]
