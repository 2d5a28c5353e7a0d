"""Kinds: frozen recipes that a config can name, gathered in families.

A *family* is an abstract subclass of `Kind`; its *members* are its concrete subclasses, found by
importing the modules of the family's package and the entry points of the group ``mxt.kinds``.
A field annotated ``Annotated[Reader, OneOf]`` accepts any member of `Reader`, told apart by `KIND`.
"""

import ast
import contextlib
import functools
import importlib
import importlib.metadata
import inspect
import itertools
import pkgutil
import re
import sys
import textwrap
from abc import ABC
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from mxt.errors import ConfigError

ENTRY_POINTS = "mxt.kinds"
_METHODS = re.compile(r"^    (?:@|def |async def ).*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
"""From the first method of a class to its end."""
_FIELD = re.compile(r"^    \w+ *:", re.MULTILINE)

Family = TypeVar("Family", bound="Kind")


class Strict(BaseModel):
    """A frozen block of a config: no coercion, no unknown field, help under each field."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        defer_build=True,
        validate_default=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Describe each field by the text under it."""
        reference = handler(schema)
        properties = handler.resolve_ref_schema(reference).get("properties", {})
        for name, text in descriptions(cls).items():
            properties[cls.model_fields[name].alias or name]["description"] = text
        return reference


class Kind(Strict, ABC):
    """A recipe that a config names by `KIND`, the name of its class."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        super().__pydantic_init_subclass__(**kwargs)
        field, name = cls.model_fields.get("KIND"), cls.__name__
        declared = field is not None and (*get_args(field.annotation), field.default) == (name, name)
        if not inspect.isabstract(cls) and not declared:
            msg = f'{cls.__module__}.{name} must declare KIND: Literal["{name}"] = "{name}".'
            raise TypeError(msg)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Require `KIND`, which the runtime needs to tell members apart though it has a default."""
        reference = super().__get_pydantic_json_schema__(schema, handler)
        definition = handler.resolve_ref_schema(reference)
        if "KIND" in definition.get("properties", {}):
            definition["required"] = ["KIND", *definition.get("required", [])]
        return reference


class OneOf:
    """Marks a field of a family's type as a discriminated union of the family's members."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Kind], handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {name: handler.generate_schema(member) for name, member in members(source).items()}
        return core_schema.tagged_union_schema(choices, discriminator="KIND")


def families() -> dict[str, type[Kind]]:
    """Every family known so far, by name."""
    return dict(sorted((family.__name__, family) for family in Kind.__subclasses__()))


def members(family: type[Family]) -> dict[str, type[Family]]:
    """The concrete kinds of a family, by `KIND`, in alphabetical order."""
    return cast("dict[str, type[Family]]", _members(family))


@functools.cache
def _members(family: type[Kind]) -> dict[str, type[Kind]]:
    _import_members(family)
    found: dict[str, type[Kind]] = {}
    for kind in _descendants(family):
        if not inspect.isabstract(kind) and found.setdefault(kind.__name__, kind) is not kind:
            modules = f"{found[kind.__name__].__module__} and {kind.__module__}"
            msg = f"two kinds are called {kind.__name__}, in {modules}; rename or remove one"
            raise ConfigError(msg)
    return dict(sorted(found.items()))


def find(name: str) -> type[Kind] | None:
    """The member of any family whose `KIND` is `name`."""
    return next((members(family)[name] for family in families().values() if name in members(family)), None)


def help_of(kind: type[Kind]) -> str:
    """What a kind is for: its docstring up to the example."""
    return inspect.cleandoc(kind.__doc__ or "").partition("Example:")[0].strip()


def example_of(kind: type[Kind]) -> str:
    """The YAML under ``Example:`` in a kind's docstring, or an empty string."""
    return textwrap.dedent(inspect.cleandoc(kind.__doc__ or "").partition("Example:\n")[2]).strip()


def descriptions(block: type[Strict]) -> dict[str, str]:
    """The text under each field of a block, by the field's name.

    pydantic would read them for each class that is made (`use_attribute_docstrings`), which takes a quarter
    of the time that `mxt --check` does.
    """
    found: dict[str, str] = {}
    for kind in reversed(block.__mro__):
        if issubclass(kind, Strict):
            found |= _texts(kind.__module__).get(kind.__qualname__, {})
    return {name: found[name] for name in block.model_fields if name in found}


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
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _import_members(family: type[Kind]) -> None:
    package, _, module = family.__module__.rpartition(".")
    if module == "base":
        for found in pkgutil.iter_modules(sys.modules[package].__path__):
            importlib.import_module(f"{package}.{found.name}")
    _load_entry_points()


@functools.cache
def _load_entry_points() -> None:
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            entry_point.load()
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            msg = f"the plug-in {entry_point.value} of {ENTRY_POINTS} cannot be loaded ({why})"
            raise ConfigError(msg) from error


def _descendants(kind: type[Kind]) -> list[type[Kind]]:
    return [kind for child in kind.__subclasses__() for kind in (child, *_descendants(child))]
