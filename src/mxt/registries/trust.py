"""The file of reviewed models: which models that run code a person has looked at, and allowed."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.configs import parse_value
from mxt.configs.yaml import read_yaml
from mxt.datasets.writers.base.files import replacing
from mxt.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Review:
    """What a person allowed: one model, by the digest of its files."""

    digest: str
    """SHA-256, as `digests.model_digest` has it."""
    model: str
    """How it was named when it was reviewed, as ``models:/churn/3``."""
    globals: tuple[str, ...] = ()
    """The globals that its pickles name."""
    by: str = ""
    """Who reviewed it."""
    at: str = ""
    """When, in UTC."""
    flavor: str = ""
    """The flavour that is loaded."""
    runs: tuple[str, ...] = ()
    """What would run, in words."""


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
    review = _printable(review)
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
    return _of(content, str(file), origins)


def _parsed(text: str, file: str) -> dict[str, Review] | None:
    """The reviews in a text; None if it is no such file."""
    try:
        content = parse_value(text, file)
        return _of(content, file, {}) if isinstance(content, dict) else None
    except ConfigError:
        return None


def _of(
    content: Mapping[str, object], file: str, places: Mapping[tuple[str | int, ...], str]
) -> dict[str, Review]:
    wrong = [name for name in content if name != "models"]
    entries = content.get("models")
    if wrong or not isinstance(entries, list | None):
        msg = f"{places.get((*wrong[:1],) or ('models',), file)}: {_FORM}"
        raise ConfigError(msg)
    reviews: dict[str, Review] = {}
    for number, entry in enumerate(entries or []):
        fault = _fault(entry)
        if fault:
            msg = f"{places.get(('models', number), file)}: entry {number + 1} of the reviewed models {fault}"
            raise ConfigError(msg)
        lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        reviews.setdefault(entry["digest"], Review(**{**entry, **lists}))
    return reviews


def _fault(entry: object) -> str:
    """What is wrong with an entry; empty if nothing is."""
    if not isinstance(entry, dict):
        return "is no mapping with a digest"
    known = {field.name for field in fields(Review)}
    if unknown := [name for name in entry if name not in known]:
        return f"has {unknown[0]!r}, which is none of {', '.join(sorted(known))}"
    if not _DIGEST.fullmatch(str(entry.get("digest"))):
        return "has no digest of 64 hexadecimal digits in lower case"
    texts = {name: value for name, value in entry.items() if name not in {"globals", "runs"}}
    lists = [entry.get(name, []) for name in ("globals", "runs")]
    if not all(isinstance(value, str) for value in texts.values()):
        return "has a field that is no text; put it in quotes"
    if not all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in lists):
        return "has globals or runs that are no list of texts"
    return "" if entry.get("model") else "has no model"


def _printable(review: Review) -> Review:
    """A review without characters that nobody sees, or that steer a terminal."""

    def shown(text: str) -> str:
        return "".join(letter if letter.isprintable() else "?" for letter in text)

    return replace(
        review,
        model=shown(review.model),
        globals=tuple(map(shown, review.globals)),
        by=shown(review.by),
        runs=tuple(map(shown, review.runs)),
    )


def _entry(review: Review) -> str:
    """A review as YAML, in double quotes, which are the same in JSON."""
    lines = [f"{name}:{_value(value)}" for name, value in asdict(review).items()]
    return "- " + "\n  ".join(lines) + "\n"


def _value(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return f" {json.dumps(value, ensure_ascii=False)}"
    return "".join(f"\n    -{_value(one)}" for one in value) or " []"
