"""Where things are: paths anchored at the project's root, and secrets named by their variable."""

import os
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, GetPydanticSchema, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError, core_schema

from mxt.errors import ConfigError
from mxt.redaction import NAMED, SECRET, remember, secret_in

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


def _without_secret(location: str) -> str:
    if why := secret_in(location):
        kind = "secret"
        raise PydanticCustomError(kind, why)
    return location


NO_SECRET = GetPydanticSchema(
    lambda kind, handler: core_schema.no_info_after_validator_function(_without_secret, handler(kind)),
    lambda schema, handler: {**handler(schema), "not": {"pattern": SECRET}},
)
"""Marks every text that is a location: it holds no secret, but may name one, as ``https://u:env:NAME@host``."""

Location = Annotated[
    str, StringConstraints(min_length=1, max_length=4096), NO_SECRET, AfterValidator(anchored)
]
"""A path, or a URL that fsspec knows; a relative path starts at the project's root."""

Secret = Annotated[str, StringConstraints(pattern=rf"^{NAMED}$")]
"""The name of the environment variable that holds a secret, as ``env:NAME``; never the secret itself."""


_WHOLE = re.compile(rf"^({NAMED})")
_USER = re.compile(r"(?<=//)[^/?#]*(?=@)")
_IN_USER = re.compile(rf"(?:^|(?<=:))({NAMED})(?=:|$)")
_OPTION = re.compile(rf"([?&;#][^=&;#]*=)({NAMED})(?=[&;#]|$)")


def refuse_secret(argument: str, name: str) -> None:
    """Raise a ConfigError if an argument of a command is a location that holds a secret.

    Args:
        argument: The location.
        name: What the help of the command calls it, such as TABLE or --store.
    """
    if why := secret_in(argument):
        msg = f"{name}: {why}"
        raise ConfigError(msg)


def reveal(secret: str) -> str:
    """The value of the variable that ``env:NAME`` names, which no text shows from now on.

    Raises:
        ConfigError: The variable is not set.
    """
    name = secret.removeprefix("env:")
    if name not in os.environ:
        msg = f"The config takes a secret from the environment variable {name}, which is not set; "
        msg += "set it, and run again."
        raise ConfigError(msg)
    remember(name, os.environ[name])
    return os.environ[name]


def revealed(location: str) -> str:
    """A location as libraries take it: the variables that it names are replaced by their values.

    A value inside a URL is percent-encoded; the variable holds it as it is.

    Raises:
        ConfigError: A variable is not set.
    """
    if "env:" not in location:
        return location
    if whole := _WHOLE.match(location):
        return reveal(whole[1]) + location[whole.end() :]
    location = _USER.sub(lambda user: _IN_USER.sub(lambda named: _encoded(named[1]), user[0]), location)
    return _OPTION.sub(lambda option: option[1] + _encoded(option[2]), location)


def _encoded(secret: str) -> str:
    return quote(reveal(secret), safe="")
