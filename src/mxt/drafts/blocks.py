"""A config as YAML with comments, in lines that people can read."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from mxt.drafts.texts import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
"""Characters of a line, where they can be parted."""

Comments: TypeAlias = Mapping[str, str]
"""Comments by the path of what they are about, such as ``job.inputs.missing``."""


def render(head: str, content: Mapping[str, object], comments: Comments) -> str:
    """A config.

    Args:
        head: What the file is for.
        content: The config.
        comments: What is said of its parts. A line after ``>`` is YAML that a reader may uncomment.
    """
    return "\n".join([*_comment(head, ""), *_mapping(content, comments, "", "")]) + "\n"


def _mapping(content: Mapping[str, object], comments: Comments, path: str, indent: str) -> Iterator[str]:
    for key, value in content.items():
        here = f"{path}.{key}" if path else key
        text = comments.get(here, "")
        lines = [*_entry(key, value, comments, here, indent)]
        beside = f"{lines[0]}  # {text}"
        if text and len(lines) == 1 and len(beside) <= WIDTH and "\n" not in text:
            yield beside
            continue
        yield from _comment(text, indent) if text else ()
        yield from lines


def _entry(key: str, value: object, comments: Comments, path: str, indent: str) -> Iterator[str]:
    name = scalar(key)
    line = f"{indent}{name}: {scalar(value)}"
    inner = any(other.startswith(f"{path}.") for other in comments)
    if isinstance(value, Mapping) and path != "job" and not inner and len(line) <= WIDTH:
        yield line
    elif isinstance(value, Mapping):
        yield f"{indent}{name}:"
        yield from _mapping(value, comments, path, f"{indent}  ")
    elif (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and (inner or len(line) > WIDTH or _nested(value))
    ):
        yield f"{indent}{name}:"
        yield from _items(value, comments, path, f"{indent}  ")
    else:
        yield line


def _items(values: Sequence[object], comments: Comments, path: str, indent: str) -> Iterator[str]:
    for place, value in enumerate(values):
        here = f"{path}.{place}"
        text = comments.get(here, "")
        line = f"{indent}- {scalar(value)}"
        beside = f"{line}  # {text}"
        if isinstance(value, Mapping) and len(line) > WIDTH:
            yield from _comment(text, indent) if text else ()
            lines = [*_mapping(value, comments, here, f"{indent}  ")]
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]
        elif text and len(beside) <= WIDTH and "\n" not in text:
            yield beside
        else:
            yield from _comment(text, indent) if text else ()
            yield line


def _nested(values: Sequence[object]) -> bool:
    """Whether a list holds blocks."""
    return any(isinstance(value, Mapping) for value in values)


def _comment(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.startswith(">"):
            yield f"{indent}# {line[1:]}"
            continue
        width = WIDTH - len(indent) - 2
        yield from (f"{indent}# {part}" for part in textwrap.wrap(line, width, break_long_words=False))
