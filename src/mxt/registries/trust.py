"""The file of reviewed models: which models that run code a person has looked at, and allowed."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.dataclasses import dataclass

from mxt.configs import Config, parse_value
from mxt.configs.yaml import read_yaml
from mxt.datasets.writers.base.files import replacing
from mxt.errors import ConfigError, DataError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "trusted-models.yaml"
"""The file in the project's root."""
VARIABLE = "MXT_TRUSTED_MODELS"
"""Environment variable that names another file; a relative path starts at the project's root."""
_HEAD = """\
# Models that run code as they are loaded, each reviewed by a person: `mxt trust` adds to this file.
# A digest is of all files of a model, so a model that changes must be reviewed again. To withdraw a review,
# delete its entry.
models:
"""
_FORM = "the file of reviewed models is a mapping of `models` to a list, as `mxt trust` writes it"

Text = Annotated[str, AfterValidator(printable)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Review:
    """What a person allowed: one model, by the digest of its files."""

    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    """SHA-256, as `digests.model_digest` has it."""
    model: Annotated[str, StringConstraints(min_length=1), AfterValidator(printable)]
    """How it was named when it was reviewed, as ``models:/churn/3``."""
    globals: tuple[Text, ...] = ()
    """The globals that its pickles name."""
    by: Text = ""
    """Who reviewed it."""
    at: str = ""
    """When, in UTC."""
    flavor: str = ""
    """The flavour that is loaded."""
    runs: tuple[Text, ...] = ()
    """What would run, in words."""


class _Reviews(BaseModel, extra="forbid"):
    """The content of the file."""

    models: list[Review] | None = None

    @property
    def by_digest(self) -> dict[str, Review]:
        return {review.digest: review for review in self.models or ()}


def file_of(root: str) -> Path:
    """The file of reviewed models of the project at `root`; it need not exist."""
    return Path(root) / (os.environ.get(VARIABLE) or FILE)


def reviewed(digest: str, root: str) -> Review | None:
    """The review of the model with a digest; None if nobody has reviewed it.

    Raises:
        ConfigError: The file of reviewed models is broken; the message names the line.
    """
    return _reviews(file_of(root)).get(digest)


def allow(review: Review, root: str) -> Path:
    """Add a review to the file of reviewed models, and return the file's path.

    What people wrote into the file, such as comments, stays. At any moment, the old file or the new one is
    there.

    Raises:
        ConfigError: The file is broken.
        DataError: It cannot be written.
    """
    file = Path(os.path.realpath(file_of(root)))
    try:
        with _alone(file.parent):
            known = _reviews(file)
            old = file.read_text(encoding="utf-8") if file.exists() else ""
            text = f"{old.rstrip()}\n{_entry(review)}" if known else f"{_HEAD}{_entry(review)}"
            wanted = known | {review.digest: review}
            if _parsed(text, str(file)) != wanted:  # a person wrote the list in another form
                text = _HEAD + "".join(map(_entry, wanted.values()))
            with replacing(str(file)) as new:
                new.write(text.encode())
    except OSError as error:
        msg = f"{file} cannot be written ({error.strerror}); name another file by {VARIABLE}."
        raise DataError(msg) from error
    return file


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time change the file in a folder, where the system can lock folders."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name != "posix":
        yield
        return
    import fcntl

    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _reviews(file: Path) -> dict[str, Review]:
    """The reviews in a file, by digest; none if there is no file."""
    if not os.path.lexists(file):
        return {}
    content, origins = read_yaml(str(file), _FORM)
    try:
        return _Reviews.model_validate(content).by_digest
    except ValidationError as error:
        fault = error.errors()[0]
        place, path = Config(content, origins, "").where(fault["loc"]), ".".join(map(str, fault["loc"]))
        msg = f"{place}: {path}: {fault['msg']}; {_FORM}"
        raise ConfigError(msg) from error


def _parsed(text: str, file: str) -> dict[str, Review] | None:
    """The reviews in a text, by digest; None if it is no such file."""
    try:
        return _Reviews.model_validate(parse_value(text, file)).by_digest
    except (ConfigError, ValidationError):
        return None


def _entry(review: Review) -> str:
    """A review as YAML, in double quotes, which are the same in JSON."""
    lines = [f"{name}:{_value(value)}" for name, value in asdict(review).items()]
    return "- " + "\n  ".join(lines) + "\n"


def _value(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return f" {json.dumps(value, ensure_ascii=False)}"
    return "".join(f"\n    -{_value(one)}" for one in value) or " []"
