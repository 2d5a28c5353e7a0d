"""Which tables the SELECT statement of a config reads."""

from __future__ import annotations

import re

_COMMENTS_AND_TEXTS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_TOKENS = re.compile(r'"[^"]+"|`[^`]+`|\[[^\]]+\]|[\w$]+|[^\s\w]')
_EXPRESSION = re.compile(r"([\w$]+)\s+AS\s+(?:(?:NOT\s+)?MATERIALIZED\s+)?\(", re.IGNORECASE)
_ENDS = {"where", "group", "order", "union", "select", "limit"}
"""Words after which a comma lists no more tables."""


def tables_in(query: str) -> dict[str, bool]:
    """The tables that a query reads, or that it names alone; whether each is only looked up.

    A table is only looked up if it stands within brackets alone, as in a query that leaves out the rows of
    another table. Names are in lower case, with their schemas. Common table expressions are no tables.
    """
    text = _COMMENTS_AND_TEXTS.sub(" ", query).strip("; \n\t")
    tokens = _TOKENS.findall(text)
    if name := _name(tokens, whole=True):
        return {name: False}
    own = {name.casefold() for name in _EXPRESSION.findall(text)}
    found: dict[str, bool] = {}
    for table, depth in _read_by(tokens):
        if table not in own:
            found[table] = found.get(table, True) and depth > 0
    return found


def _read_by(tokens: list[str]) -> list[tuple[str, int]]:
    """Each table after FROM, JOIN, or a comma of a list of tables, with the number of brackets around it."""
    found, depth, listing = [], 0, set[int]()
    for place, token in enumerate(tokens):
        word = token.lower()
        if word in _ENDS or word == ")":
            listing.discard(depth)
        depth += (word == "(") - (word == ")")
        if word in {"from", "join"}:
            listing.add(depth)
        if word in {"from", "join"} or (word == "," and depth in listing):
            name = _name(tokens[place + 1 :])
            if name:
                found.append((name, depth))
    return found


def _name(tokens: list[str], *, whole: bool = False) -> str:
    """The name that tokens begin with, with points between its parts; empty if it is not the `whole`."""
    parts: list[str] = []
    for place, word in enumerate(tokens):
        if (word == ".") != bool(place % 2) or not re.match(r'[.\w$"`\[]', word):
            return "" if whole else "".join(parts)
        parts.append(word.strip('"`[]').casefold())
    return "".join(parts)
