"""A document as GitHub Flavored Markdown, which MLflow shows as a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mxt.findings.documents import Bullets, Code, Grid, Heading, Pairs, Paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.findings.documents import Block, Document

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS = re.compile(r"([\\`*\[\]~|#])|(?<![^\W_])_|_(?![^\W_])")
_LIST_MARK = re.compile(r"^(?:[-+](?=\s|$)|-(?=-+$)|\d+(?=[.)](?:\s|$)))")
_FENCE = re.compile(r"`{3,}")


def render(document: Document) -> str:
    """The document as Markdown, with every text escaped."""
    title = [f"# {escaped(document.title)}"] if document.title else []
    return "\n\n".join([*title, *map(_block, document.blocks)]) + "\n"


def escaped(text: str) -> str:
    """The text on one line, with everything escaped that has a meaning in Markdown or HTML.

    Marks are escaped as in GitHub Flavored Markdown, section 2.4; an underscore within a word has no meaning.
    """
    line = re.sub("[&<>]", lambda match: _ENTITIES[match[0]], " ".join(text.split()))
    return _LIST_MARK.sub(_unlisted, _MARKS.sub(r"\\\g<0>", line))


def _unlisted(match: re.Match[str]) -> str:
    """The escaped start of a line that would otherwise begin a list or draw a rule."""
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"## {escaped(block.text)}"
        case Paragraph():
            return escaped(block.text)
        case Bullets():
            return "\n".join(f"- {escaped(item)}" for item in block.items)
        case Pairs():
            return "\n".join(f"- **{escaped(term)}**: {escaped(text)}" for term, text in block.items)
        case Code():
            fence = max(["```", *(f"{run}`" for run in _FENCE.findall(block.text))], key=len)
            return f"{fence}\n{block.text}\n{fence}"
        case Grid():
            return "\n".join(
                [_row(block.columns), "|" + " --- |" * len(block.columns), *map(_row, block.rows)]
            )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
