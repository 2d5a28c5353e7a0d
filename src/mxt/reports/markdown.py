"""What may stand in a table in Markdown."""

from __future__ import annotations

import re


def cell(value: object) -> str:
    """A value as the text of one cell: on one line, with bars that end no cell.

    A backslash before a bar is told twice, so that it escapes itself and not the escape of the bar
    (GitHub Flavored Markdown, section 4.10).
    """
    return re.sub(r"(\\*)\|", r"\1\1\\|", " ".join(str(value).split()))
