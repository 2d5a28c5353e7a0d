"""What of a stored model may run as code: what a person has reviewed by its digest, or allowed by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from mxt.errors import ModelError, printable
from mxt.predictors.base.stored import TYPE_NAME, from_python, may_be_allowed
from mxt.registries import pickles, trust
from mxt.registries.pickles.values import Budget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxt.predictors.base.stored import Hazard
    from mxt.registries.contents import Contents

_MOST = 5
"""More names than this are counted, not listed."""
_MOST_BYTES, _MOST_STEPS = 64 << 20, 200_000
"""A refusal lists a pickle that is read within half a second; a review lists any."""


def _allowable(name: str) -> str:
    """A type's name itself, unless it is none, or the type is Python's own, since these can run anything."""
    if may_be_allowed(name):
        return name
    kind, msg = "contradiction", "{name} is not the full name of a type, as acme.features.Log"
    if from_python(name):
        msg = "{name} is Python's own, and can run anything; review the version instead: mxt trust"
    raise PydanticCustomError(kind, msg, {"name": repr(name)})


TypeName = Annotated[
    str, AfterValidator(_allowable), WithJsonSchema({"type": "string", "pattern": TYPE_NAME})
]
"""The dotted name of a type of an installed package, such as ``acme.features.Log``."""


def allowing(types: Iterable[str]) -> str:
    """The line of a config that allows types."""
    return f"loader: {{KIND: MlflowLoader, allow_types: [{', '.join(types)}]}}"


def allowance(uri: str, contents: Contents, root: str) -> str:
    """What a person has allowed of a model, in words; empty if it is data, which needs no leave.

    Args:
        uri: The model's URI, for messages.
        contents: What its folder holds.
        root: The project's root, with the file of reviewed models.

    Raises:
        ModelError: It would run code that nobody has reviewed.
    """
    if not contents.hazards:
        types = ", ".join(contents.stored.kept.get("allowed", ()))
        return f"objects of {types}, allowed by the config" if types else ""
    review = trust.reviewed(contents.digest, root)
    if review is None:
        raise ModelError(printable(_refusal(uri, contents)))
    return f"{'; '.join(contents.runs)}: reviewed by {review.by} at {review.at}"


def _refusal(uri: str, contents: Contents) -> str:
    """Why a model is not loaded, and the line that allows it."""
    review = f"review it: mxt trust {uri}"
    if contents.allowable:
        return (
            f"{uri} holds {' and '.join(contents.runs)}, which MXT has not reviewed. If that is code of "
            f"yours, installed here, a job's config allows it: {allowing(contents.allowable)}. Otherwise, or "
            f"without a config, {review}"
        )
    phrases = " and ".join(_phrase(contents, hazard) for hazard in contents.hazards)
    return f"{uri} would run code as it is loaded: {phrases}. If you trust who logged it, {review}"


def _phrase(contents: Contents, hazard: Hazard) -> str:
    """A hazard, with the names that a pickle would import, if they are soon read."""
    path = contents.folder / hazard.file
    if hazard.types or not hazard.file or path.stat().st_size > _MOST_BYTES:
        return hazard.what
    names: list[str] = []
    with contextlib.suppress(ValueError):  # it is broken, or costs too much to read
        names += pickles.globals_of(path.read_bytes(), Budget(_MOST_STEPS, _MOST_BYTES))
    if not names:
        return hazard.what
    names.sort(key=lambda name: (not from_python(name), name))
    listed = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
    return f"{hazard.what}, which names {listed}"
