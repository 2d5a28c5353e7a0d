"""Documents: the content of a page, whatever it is rendered to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COLUMNS = 5
"""Columns of a table that a narrow page still shows side by side (420 px in MLflow's viewer)."""


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: Sequence[str]


@dataclass(frozen=True)
class Pairs:
    """A list of terms, and what is to be said of each."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """Lines to copy as they stand, such as a command or a config."""

    text: str


@dataclass(frozen=True)
class Grid:
    """Cells in words, in at most `MOST_COLUMNS` columns; what else there is to say belongs below."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        widths = {len(self.columns), *(len(row) for row in self.rows)}
        if len(widths) > 1 or max(widths) > MOST_COLUMNS:
            msg = f"A table of a page has up to {MOST_COLUMNS} columns, and as many cells in each row."
            raise ValueError(msg)


Block: TypeAlias = Heading | Paragraph | Bullets | Pairs | Code | Grid


@dataclass(frozen=True)
class Document:
    """The blocks of a page in their order. The texts are plain: whoever renders them escapes them."""

    blocks: Sequence[Block] = ()
    title: str = ""
    """What stands above all; the base of `Job` gives it."""
    name: str = ""
    """That of its file."""

    def __or__(self, other: Document) -> Document:
        """One document after the other, with the title and the name of the first that has one."""
        return Document((*self.blocks, *other.blocks), self.title or other.title, self.name or other.name)

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON holds it: each block with its kind."""
        blocks = [{"block": type(block).__name__, **asdict(block)} for block in self.blocks]
        return {"title": self.title, "blocks": blocks}
