"""Faults of a config in words: where each stands, what is wrong, and what was perhaps meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from mxt.configs import Config, dotted
from mxt.errors import nearest
from mxt.kinds import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]


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
        names = _fields(config.content, path[:-1], model)
        written = (*path, "KIND") if here[0]["type"] == "union_tag_invalid" else path
        yield f"{config.where(written)}: {dotted(path) or 'config'}: {_sentence(path, here, names)}"


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


def _fields(content: Any, path: Path, model: type[BaseModel] | None) -> list[str]:  # noqa: ANN401
    """The fields that the block at `path` may have."""
    for part in path:
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
    return sorted(field.alias or name for name, field in model.model_fields.items()) if model else []


def _block(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """The model among the parts of an annotation, such as of ``Sample | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((block for part in get_args(annotation) if (block := _block(part))), None)


def _sentence(path: Path, faults: list[ErrorDetails], fields: list[str]) -> str:  # noqa: PLR0911 - one line a type
    fault, name = faults[0], str(path[-1]) if path else ""
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
            return "a secret may not stand here; name the environment variable that holds it, as env:NAME"
        case "not_of_the_recipe" | "not_a_range" | "no_count" | "twice" | "contradiction":
            return fault["msg"]
        case "string_type" if isinstance(fault["input"], (int, float)):
            return f"expected text, not {json.dumps(fault['input'])}; quote it"
    sentences = dict.fromkeys(
        fault["msg"].removeprefix("Input ").removeprefix("Value error, ") for fault in faults
    )
    wanted = " or ".join(sentences).replace(" or should be ", " or ")
    return f"{wanted}, not {_shown(fault['input'])}"


def _near(word: str, known: list[str]) -> str:
    meant = nearest(word, known)
    return f"; did you mean {meant!r}?" if meant else ""


def _shown(value: Any) -> str:  # noqa: ANN401 - a config's value
    if isinstance(value, (dict, list)):
        return "a block" if isinstance(value, dict) else "a list"
    shown = json.dumps(value, default=str)
    return "what is written there (withheld, since a URL may hold a secret)" if "://" in shown else shown[:80]
