"""Captions: how people call columns and their values, and the units of numbers; programs keep the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, nearest
from mxt.schemas.casts import number_of

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("caption", "unit", "values")
"""What may be said of a column."""
BLOCK = "captions"
"""The block of a schema's YAML that holds captions of any columns of the table."""


@dataclass(frozen=True)
class Caption:
    """How people call a column, its unit, and its values."""

    caption: str = ""
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """The caption of each value that has one, by the value as text."""

    @cached_property
    def _numbers(self) -> dict[float, str]:
        numbers = {number_of(value): caption for value, caption in self.values.items()}
        return {number: caption for number, caption in numbers.items() if number is not None}

    def value(self, cell: object) -> str | None:
        """The caption of a value; None if it has none. A number has its caption however it is written."""
        if not self.values:
            return None
        number = number_of(cell)
        return self.values.get(str(cell), None if number is None else self._numbers.get(number))

    def content(self) -> dict[str, object]:
        """The parts that are set."""
        parts = {"caption": self.caption, "unit": self.unit, "values": dict(self.values)}
        return {name: part for name, part in parts.items() if part}


@dataclass(frozen=True)
class Captions:
    """The captions of the columns that have any; every other column is called by its name."""

    columns: Mapping[str, Caption] = field(default_factory=dict)
    target: str = ""
    """The column that a model predicts, whose values are the model's classes; empty if it is not known."""

    def __bool__(self) -> bool:
        return bool(self.columns)

    def column(self, name: object) -> str:
        """What a column is called: its caption and unit, or else its name."""
        known = self.columns.get(str(name))
        if known is None:
            return str(name)
        text = known.caption or str(name)
        if self._counts[text] > 1:  # the names distinguish columns of one caption
            text = f"{text} [{name}]"
        return f"{text} ({known.unit})" if known.unit else text

    def value(self, name: object, cell: object) -> str:
        """What a value of a column is called: its caption, or else the value as text."""
        known = self.columns.get(str(name))
        caption = None if known is None else known.value(cell)
        return str(cell) if caption is None else caption

    def label(self, name: object) -> str:
        """What a class is called: its caption, or else the class as text."""
        return self.value(self.target, name)

    def columns_of(self, names: pd.Series) -> pd.Series:
        """Names of columns as what the columns are called."""
        return names.map(self.column)

    def values_of(self, names: pd.Series, cells: pd.Series) -> pd.Series:
        """Values as what they are called, each with the name of its column; a missing value stays missing."""
        import pandas as pd

        pairs = zip(names, cells, strict=True)
        texts = [cell if pd.isna(cell) else self.value(name, cell) for name, cell in pairs]
        return pd.Series(texts, index=cells.index, dtype=cells.dtype)

    def positives_of(self, scores: pd.DataFrame) -> pd.DataFrame:
        """A table of scores, the positive classes in it under what they are called."""
        if "positive" not in scores:
            return scores
        return scores.assign(positive=[name and self.label(name) for name in scores["positive"]])

    def cells_of(self, index: pd.Index) -> pd.MultiIndex:
        """An index of columns and their values, as what both are called."""
        import pandas as pd

        pairs = [(self.column(name), self.value(name, cell)) for name, cell in index]
        return pd.MultiIndex.from_tuples(pairs, names=index.names)

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(known.caption or name for name, known in self.columns.items())

    @classmethod
    def from_yaml(cls, text: str, source: str) -> Captions:
        """The captions in a schema's YAML: under each column, and in the block ``captions`` of any columns.

        Raises:
            ConfigError: They have another form.
        """
        tree = _tree(text)
        own = tree.get("columns")
        columns = own if isinstance(own, Mapping) else {}  # pandera says what is wrong with others
        given: dict[str, object] = {str(name): _own(column) for name, column in columns.items()}
        given |= _mapping(tree.get(BLOCK) or {}, f"{source}: {BLOCK}")
        return cls({name: _caption(said, f"{source}: {name}") for name, said in given.items() if said})

    def to_yaml(self) -> str:
        """The block ``captions``; empty if there are none."""
        import yaml

        if not self:
            return ""
        content = {BLOCK: {name: known.content() for name, known in self.columns.items()}}
        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))

    def require_known(self, names: Iterable[object], source: str) -> None:
        """Raise a ConfigError for a column that is none of `names`, and for a caption that is one of them."""
        known = [*map(str, names)]
        for name, said in self.columns.items():
            if said.caption in known and said.caption != name:
                msg = f"{source}: the caption of {name!r}, {said.caption!r}, is the name of another column."
                raise ConfigError(msg)
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}?" if near else f"it has {', '.join(known)}."
                msg = f"{source}: captions are given for {name!r}, which is no column of the table; {hint}"
                raise ConfigError(msg)


NO_CAPTIONS = Captions()
"""Every column is called by its name."""


def only_captions(text: str) -> bool:
    """Whether a schema's YAML says nothing of its columns but captions, so that the rest is inferred."""
    tree = _tree(text)
    own = tree.get("columns") or {}
    columns = own.values() if isinstance(own, Mapping) else [""]
    said = all(isinstance(column, Mapping) and column and {*column} <= {*KEYS} for column in columns)
    return said and {*tree} <= {"columns", BLOCK} and bool(own or tree.get(BLOCK))


def _tree(text: str) -> Mapping[str, object]:
    """A YAML text in which every value is a text, as it is written; empty if it is no mapping."""
    import yaml

    try:
        tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but texts
    except yaml.YAMLError:
        return {}
    return tree if isinstance(tree, dict) else {}


def _own(column: object) -> dict[str, object]:
    """What is said of a column beside pandera's rules."""
    return {key: column[key] for key in KEYS if key in column} if isinstance(column, Mapping) else {}


def _caption(said: object, source: str) -> Caption:
    if isinstance(said, str):
        return Caption(said)
    parts = _mapping(said, source)
    unknown = [name for name in parts if name not in KEYS]
    if unknown:
        msg = f"{source}: a caption has no {', '.join(unknown)}; it has {', '.join(KEYS)}."
        raise ConfigError(msg)
    values = _mapping(parts.get("values") or {}, f"{source}: values")
    caption, unit = (parts.get(name, "") for name in ("caption", "unit"))
    texts = {"caption": caption, "unit": unit, **values}
    wrong = [name for name, part in texts.items() if not isinstance(part, str)]
    if wrong:
        msg = f"{source}: the caption of {wrong[0]} must be a text."
        raise ConfigError(msg)
    return Caption(str(caption), str(unit), {value: str(text) for value, text in values.items()})


def _mapping(node: object, source: str) -> Mapping[str, object]:
    if isinstance(node, Mapping):
        return {str(key): value for key, value in node.items()}
    msg = f"{source}: expected a mapping, as in {{caption: Monthly charges, unit: $}}."
    raise ConfigError(msg)
