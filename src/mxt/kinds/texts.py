"""What the source says of kinds: the help and the example in a docstring, and the text under each field."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import re
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

_METHODS = re.compile(r"^    (?:@|def |async def ).*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
"""From the first method of a class to its end."""
_FIELD = re.compile(r"^    \w+ *:", re.MULTILINE)


def help_of(kind: type) -> str:
    """What a kind is for: its docstring up to the example."""
    return inspect.cleandoc(kind.__doc__ or "").partition("Example:")[0].strip()


def example_of(kind: type) -> str:
    """The YAML under ``Example:`` in a kind's docstring, or an empty string."""
    return textwrap.dedent(inspect.cleandoc(kind.__doc__ or "").partition("Example:\n")[2]).strip()


def descriptions(block: type[BaseModel]) -> dict[str, str]:
    """The text under each field of a block, by the field's name.

    pydantic would read the texts for each class that is made (`use_attribute_docstrings`); here they are read
    when somebody wants to see them.
    """
    texts: dict[str, str] = {}
    for kind in reversed(block.__mro__):
        texts |= _texts(kind.__module__).get(kind.__qualname__, {})
    return {name: texts[name] for name in block.model_fields if name in texts}


@functools.cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """The text under each annotated name of the classes of a module; nothing where it has no source."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError):
        return {}
    classes = [node for node in _parsed(source) if isinstance(node, ast.ClassDef)]
    return {node.name: _under(node.body) for node in classes}


def _parsed(source: str) -> list[ast.stmt]:
    """A module's statements, without the methods if no field stands behind one: they are most of the work."""
    methods = _METHODS.findall(source)
    if not any(_FIELD.search(method) for method in methods):
        with contextlib.suppress(SyntaxError):  # a class of methods alone, or a text that looks like one
            return ast.parse(_METHODS.sub("", source)).body
    return ast.parse(source).body


def _under(body: list[ast.stmt]) -> dict[str, str]:
    """The text under each annotated name of a class body."""
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
