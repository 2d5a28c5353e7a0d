"""Faults of a config in words: where each stands, what is wrong, and what was perhaps meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from mxt.configs import ENVIRONMENT, NO_SECRET, Config, dotted
from mxt.errors import nearest
from mxt.kinds import find
from mxt.redaction import FEWEST, NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

_OF_MANY = {"dict_type", "frozen_set_type", "list_type", "model_attributes_type", "model_type", "tuple_type"}
"""Faults of a text in place of a block or a list, which may be the URL or the secret that belongs into it."""


def in_words(config: Config, faults: Sequence[ErrorDetails], model: type[BaseModel]) -> Iterator[str]:
    """One line for each faulty place: ``file:line:column: path: what is wrong; did you mean ...``.

    Args:
        config: The content that was validated, and where its parts were written.
        faults: As pydantic lists them.
        model: The type of the whole config.
    """
    places: dict[Path, list[ErrorDetails]] = {}
    for fault in faults:
        places.setdefault(_place(config.content, fault["loc"]), []).append(fault)
    for path, here in places.items():
        if here[0]["type"] == "too_short" and any(
            path == other[: len(path)] for other in places if other != path
        ):
            continue  # too short only because a member of the list is at fault
        block = _block_at(config.content, path, model)
        written = (*path, "KIND") if here[0]["type"] == "union_tag_invalid" else path
        default = here[0]["type"] == "secret" and path not in config.origins
        where = ENVIRONMENT if default else config.where(written)
        yield f"{where}: {dotted(path) or 'config'}: {_sentence(path, here, block)}"


def _place(content: Any, location: Path) -> Path:  # noqa: ANN401 - a config's content
    """A fault's path in the config, without the names of union members that pydantic puts between."""
    path: list[str | int] = []
    for part in location:
        if (
            isinstance(content, dict)
            and (part in content or part is location[-1])
            and part != content.get("KIND")
        ):
            path.append(part)
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            path.append(part)
            content = content[part]
    return tuple(path)


def _block_at(content: Any, path: Path, model: type[BaseModel] | None) -> type[BaseModel] | None:  # noqa: ANN401
    """The block that the last name of `path` is a field of, however many places of lists follow the name."""
    names = [place for place, part in enumerate(path) if isinstance(part, str)]
    for part in path[: names[-1] if names else 0]:
        if model is not None and isinstance(part, str):
            field = model.model_fields.get(part)
            model = _block(field.annotation) if field else None
        content = content[part]
        kind = (
            find(content["KIND"])
            if isinstance(content, dict) and isinstance(content.get("KIND"), str)
            else None
        )
        model = kind or model
    return model


def _secret(path: Path, block: type[BaseModel] | None) -> bool:
    """Whether the field at `path` is a location or names a secret, so that a wrong value may be a secret."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    field = block.model_fields.get(name) if block else None
    return field is not None and _marked([*field.metadata, field.annotation])


def _marked(parts: Sequence[object]) -> bool:
    """Whether one of the parts of an annotation is the mark of a location, or the form of a secret's name."""
    return any(
        part == NO_SECRET
        or str(getattr(part, "pattern", "")).startswith("^env:")
        or _marked([*get_args(part), *getattr(part, "__metadata__", ())])
        for part in parts
    )


def _block(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """The model among the parts of an annotation, such as of ``Sample | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((block for part in get_args(annotation) if (block := _block(part))), None)


def _sentence(path: Path, faults: list[ErrorDetails], block: type[BaseModel] | None) -> str:  # noqa: PLR0911 - one line a type
    fault, name, secret = faults[0], str(path[-1]) if path else "", _secret(path, block)
    fields = sorted(field.alias or name for name, field in block.model_fields.items()) if block else []
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown field {name!r}{_near(name, fields)} (fields: {', '.join(fields)})"
        case "missing":
            return f"the field {name!r} is required"
        case "union_tag_not_found":
            return "the block needs the field 'KIND'"
        case "union_tag_invalid":
            known = [tag.strip("' ") for tag in fault["ctx"]["expected_tags"].split(",")]
            tag = str(fault["ctx"]["tag"])
            return f"unknown KIND {tag!r}{_near(tag, known)} (known: {', '.join(known)})"
        case "string_pattern_mismatch" if "env:" in fault["ctx"]["pattern"]:
            if fault["ctx"]["pattern"] != f"^{NAMED}$":
                return (
                    "expected a URL, in which env:NAME may stand for a secret, or env:NAME for the whole URL"
                )
            return "a secret may not stand here; name the environment variable that holds it, as env:NAME"
        case "secret" | "not_of_the_recipe" | "not_a_range" | "no_count" | "twice" | "contradiction":
            return fault["msg"]
        case "string_type" if isinstance(fault["input"], (int, float)):
            number = json.dumps(fault["input"])
            return f"expected text{'' if secret and len(number) >= FEWEST else f', not {number}'}; quote it"
    sentences = dict.fromkeys(
        fault["msg"].removeprefix("Input ").removeprefix("Value error, ") for fault in faults
    )
    wanted = " or ".join(sentences).replace(" or should be ", " or ").replace("a valid array", "a list")
    return f"{wanted}, not {_shown(fault['input'], secret=secret or fault['type'] in _OF_MANY)}"


def _near(word: str, known: list[str]) -> str:
    meant = nearest(word, known)
    return f"; did you mean {meant!r}?" if meant else ""


def _shown(value: Any, *, secret: bool) -> str:  # noqa: ANN401 - a config's value
    if isinstance(value, (dict, list)):
        return "a block" if isinstance(value, dict) else "a list"
    shown = json.dumps(value, default=str)
    withheld = value is not None and (secret or "://" in shown)
    return "what is written there (withheld, since it may hold a secret)" if withheld else shown[:80]
