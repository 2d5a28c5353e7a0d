"""What a job reads and writes: no output may replace an input, an output, a log, a config or the store."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mxt.configs.addresses import Address
from mxt.configs.locations import anchored
from mxt.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.jobs.base import Job

Place = tuple[str | int, ...]

HOWS: dict[Literal["reads", "writes", "keeps"], str] = {
    "reads": "reads_from",
    "writes": "writes_to",
    "keeps": "keeps",
}
"""What a block of a config does with an address, and the property in which it says so, if it has it."""


@dataclass(frozen=True)
class Use:
    """One thing that a job reads, writes or keeps, and the field that names it."""

    field: Place
    address: Address
    how: Literal["reads", "writes", "keeps"]
    own: str = ""
    """What messages say of an address that no field names."""

    @property
    def name(self) -> str:
        """The field, as messages name it."""
        return ".".join(map(str, self.field))

    @property
    def clause(self) -> str:
        """What is done there, as the end of a sentence."""
        return self.own or f"{self.name} {self.how}"


def uses(job: Job) -> list[Use]:
    """All that a job reads, writes or keeps.

    A file that a block names without a word on what it does with it counts as read.
    """
    found: list[Use] = []
    for place, block in _blocks(job):
        said = [name for name in HOWS.values() if hasattr(block, name)]
        found += [Use(place, each, how) for how, name in HOWS.items() for each in getattr(block, name, ())]
        found += [] if said else [Use((*place, at), Address.of(path), "reads") for at, path in _files(block)]
    files = (Address.of(str(Path(job.root) / file), file) for file in job.files)
    parts: tuple[Address, ...] = getattr(job, "parts_kept", ())
    found += [Use((), address, "reads", "the job reads as its config") for address in files]
    return [*found, *(Use((), address, "writes", "the job keeps parts in") for address in parts)]


def refuse_clashes(job: Job) -> None:
    """Raise a ValidationError, at the field's place, if two fields of a config name one thing.

    So it is if a field names an output that can never be written, such as a file of a web server.
    """
    for place, block in _blocks(job):
        why = block.unfit() if hasattr(block, "unfit") else ""
        if why:
            raise _fault(job, place, f"{block.target} cannot be written, since {why}; name another place")
    clash = _first(job, uses(job))
    if clash is not None:
        raise _fault(job, clash[0].field, _sentence(*clash))


def _fault(job: Job, place: Place, why: str) -> ValidationError:
    details = InitErrorDetails(
        type=PydanticCustomError("contradiction", "{why}", {"why": why}), loc=place, input=None
    )
    return ValidationError.from_exception_data(type(job).__name__, [details])


def refuse_linked(job: Job) -> None:
    """Raise a ConfigError if links, or the URLs in variables, let two fields of a config name one thing."""
    real = [replace(use, address=use.address.real()) for use in uses(job)]
    linked = (
        replace(use, address=part) for use in real if use.how == "reads" for part in _linked(use.address)
    )
    clash = _first(job, [*real, *linked])
    if clash is not None:
        msg = f"{_sentence(*clash)}."
        raise ConfigError(msg)


def _blocks(block: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:  # noqa: ANN401 - of any family
    """A block of a config, and all blocks within it, each with its place."""
    yield place, block
    for name in type(block).model_fields:
        for at, value in _members(getattr(block, name)):
            if isinstance(value, BaseModel):
                yield from _blocks(value, (*place, name, *at))


def _files(block: BaseModel) -> Iterator[tuple[str, str]]:
    """The fields of a block that hold a `Location`, and what they hold."""
    for name, info in type(block).model_fields.items():
        value = getattr(block, name)
        if isinstance(value, str) and _is_location((info.annotation, *info.metadata)):
            yield name, value


def _is_location(annotations: tuple[Any, ...]) -> bool:
    """Whether an annotation has `Location` in it."""
    return any(
        (isinstance(part, AfterValidator) and part.func is anchored) or _is_location(get_args(part))
        for part in annotations
    )


def _members(value: object) -> Iterator[tuple[Place, object]]:
    """The value of a field, or the values in its list or mapping, each with its place there."""
    if isinstance(value, (list, tuple)):
        yield from (((place,), each) for place, each in enumerate(value))
    elif isinstance(value, dict):
        yield from (((str(place),), each) for place, each in value.items())
    else:
        yield (), value


def _first(job: Job, everything: list[Use]) -> tuple[Use, Use] | None:
    """The first two uses of one thing, the one to change first; None if there are none.

    A job that adds to its output may look up in the output which rows are there already: none is lost.
    """
    adds = getattr(job, "since", None) is not None and not getattr(job, "fresh", False)
    for pair in combinations(everything, 2):
        mine, its = sorted(pair, key=lambda use: (not use.field, use.how != "writes"))
        fine = "writes" not in {mine.how, its.how} or mine.field == its.field
        fine = fine or (adds and its.address.looked_up)
        if not fine and mine.address.meets(its.address):
            return mine, its
    return None


def _sentence(mine: Use, its: Use) -> str:
    place, other = mine.address.shown, its.address.shown
    where = f"{place}, which" if place == other else f"{place}, and {other} is what"
    return f"{mine.clause} {where} {its.clause}; name another place for {mine.name}"


def _linked(folder: Address) -> Iterator[Address]:
    """The files that links within a folder lead to, and those that have further names elsewhere."""
    for above, folders, files in os.walk(folder.place) if folder.local else ():
        for path in (Path(above) / name for name in [*folders, *files]):
            if path.is_symlink() or (not path.is_dir() and path.lstat().st_nlink > 1):
                yield Address.of(str(path)).real()
