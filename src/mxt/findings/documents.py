"""Documents: the content of a page, independent of the format it is rendered to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COLUMNS = 5
"""The most columns that a narrow page shows side by side (420 px in MLflow's viewer)."""


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: Sequence[str]


@dataclass(frozen=True)
class Pairs:
    """A list of terms, each with its description."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """Lines to copy as they stand, such as a command or a config."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table of texts, of at most `MOST_COLUMNS` columns."""

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
    """The blocks of a page in their order, as plain texts, which the renderer escapes."""

    blocks: Sequence[Block] = ()
    title: str = ""
    """Title of the page; the base of `Job` sets it."""
    name: str = ""
    """Name of the page's file, without its ending."""

    def __or__(self, other: Document) -> Document:
        """The blocks of both documents, under the title and name of the first document that has one."""
        return Document((*self.blocks, *other.blocks), self.title or other.title, self.name or other.name)

    def to_dict(self) -> dict[str, object]:
        """The document as a JSON object: each block with the name of its class."""
        blocks = [{"block": type(block).__name__, **asdict(block)} for block in self.blocks]
        return {"title": self.title, "blocks": blocks}
