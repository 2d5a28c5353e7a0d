"""Kinds: frozen recipes that a config can name, gathered in families.

A *family* is an abstract subclass of `Kind`; its *members* are its concrete subclasses, found by
importing the modules of the family's package and the entry points of the group ``mxt.kinds``.
A field annotated ``Annotated[Reader, OneOf]`` accepts any member of `Reader`, told apart by `KIND`.
"""

import functools
import importlib
import importlib.metadata
import inspect
import pkgutil
import sys
import textwrap
from abc import ABC
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from mxt.errors import ConfigError

ENTRY_POINTS = "mxt.kinds"

Family = TypeVar("Family", bound="Kind")


class Strict(BaseModel):
    """A frozen block of a config: no coercion, no unknown field, help under each field."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        defer_build=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )


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
        reference = handler(schema)
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
