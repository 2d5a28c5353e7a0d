"""Reading YAML 1.2 without surprises: no ``no`` read as false, no bombs, no duplicate keys.

Every part keeps the place it was written at, so that a fault can point to its line.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TypeAlias

import yaml

from mxt.configs import loader
from mxt.errors import ConfigError

Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"
Origins: TypeAlias = dict[tuple[str | int, ...], str]

OVERRIDE, ENVIRONMENT = "override", "environment"
"""What messages name instead of a file, for values that come from no file."""

MAX_BYTES = 1_000_000
MAX_NUMBER = 10**18
MAX_KEY = 1024
"""Characters of a key: as many as YAML allows in a key without a question mark before it."""
MAX_FAULTS = 100
"""Broken rules that one message lists."""
MORE_FAULTS = "and perhaps more; mend these first"

HIDDEN = "holds a control or invisible character"

_COLLECTIONS = {f"tag:yaml.org,2002:{tag}" for tag in ("map", "seq")}
_BREAKS = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
"""Characters that PyYAML takes for the end of a line, though a reader of the file may not see them."""

_NAMES = re.compile(r"(undefined (?:alias|tag handle)) '.*'", re.DOTALL)
"""What PyYAML says of a text that begins with * or !, as a password may; its name is left out."""
_TAG = re.compile(r"!{1,2}[a-z_./:]{1,32}")
"""A tag that may be quoted: a password that begins with an exclamation mark looks like a tag."""

_VERSION_KEY = re.compile(r"version", re.IGNORECASE)


def read_yaml(
    file: str, form: str = "a config is a mapping that starts with 'job:'"
) -> tuple[dict[str, Node], Origins]:
    """The mapping in a YAML file, and where each of its parts stands.

    Args:
        file: Its path.
        form: What the file should hold, for the message if it is no mapping.

    Raises:
        ConfigError: The file is missing or unreadable, or breaks a rule; all broken rules at once.
    """
    content, origins = _parse(_text(file), file)
    if content is None:
        content = {}
    if not isinstance(content, dict):
        msg = f"{file}:1:1: {form}, not a {type(content).__name__}"
        raise ConfigError(msg)
    return content, origins


def parse_value(text: str, where: str, key: str = "") -> Node:
    """One value written as YAML, such as an override's or an environment variable's.

    Args:
        text: The value.
        where: Where the value was written, as faults name it.
        key: The field it is for, where that matters: a version may not be a number with a point.

    Raises:
        ConfigError: The text is not YAML, or breaks a rule.
    """
    return _parse(text, where, (key,) if key else ())[0]


def _text(file: str) -> str:
    try:
        raw = Path(file).read_bytes() if Path(file).is_file() else None
    except (OSError, ValueError) as error:
        msg = f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise ConfigError(msg) from error
    if raw is None:
        msg = f"{file}: no such config file"
        raise ConfigError(msg)
    if len(raw) > MAX_BYTES:
        msg = f"{file}: {len(raw)} bytes; a config holds at most {MAX_BYTES}"
        raise ConfigError(msg)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{file}: byte {error.start} is not UTF-8"
        raise ConfigError(msg) from error


def _parse(text: str, file: str, path: tuple[str, ...] = ()) -> tuple[Node, Origins]:
    field = "".join(f"{part}: " for part in path)
    if hidden_break := _BREAKS.search(text):
        place = _spot(file, text, hidden_break.start())
        msg = f"{place}: {field}U+{ord(hidden_break[0]):04X} is not allowed"
        raise ConfigError(msg)
    try:
        root = yaml.compose(text, Loader=loader.Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = _NAMES.sub(r"\1; quote this text", str(error.problem or error.context))
        msg = f"{_place(file, mark)}: {field}{problem}"
        raise ConfigError(msg) from error
    except yaml.reader.ReaderError as error:
        msg = f"{_spot(file, text, error.position)}: {field}U+{error.character:04X} is not allowed"
        raise ConfigError(msg) from error
    return _Builder(file).build(root, path)


class _Builder:
    """Turns YAML nodes into plain values, and gathers where they were written and which rules they break."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.origins: Origins = {}
        self.faults: list[str] = []
        self.values = self.characters = 0

    def build(self, root: yaml.Node | None, path: tuple[str, ...]) -> tuple[Node, Origins]:
        value = self._value(root, path) if root is not None else None
        if self.faults:
            raise ConfigError("\n".join(self.faults))
        return value, self.origins

    def _value(self, node: yaml.Node, path: tuple[str | int, ...]) -> Node:
        self.values += 1
        if self.values > loader.MAX_NODES or len(path) > loader.MAX_DEPTH:
            self._refuse_aliases(node, f"{loader.MAX_NODES} values, or {loader.MAX_DEPTH} levels,")
        self.origins.setdefault(path, _place(self.file, node.start_mark))
        if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTIONS:
            self._refuse_tag(node, path)
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else None

    def _items(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> Iterator[tuple[str, Node]]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, value in node.value:
            self._count(key)
            fault = _key_fault(key, counts)
            if fault:
                self._fault(key, path, fault)
                continue
            self.origins[(*path, key.value)] = _place(self.file, key.start_mark)
            yield key.value, self._value(value, (*path, key.value))

    def _scalar(self, node: yaml.ScalarNode, path: tuple[str | int, ...]) -> Node:
        self._count(node)
        text = node.value
        if hidden(text, allowed="\n\t"):
            self._fault(node, path, HIDDEN)
        if node.tag == loader.STR:
            return str(text)
        if node.tag not in loader.FORMS or not loader.FORMS[node.tag].fullmatch(text):
            self._refuse_tag(node, path)
            return None
        if node.tag in {loader.INT, loader.FLOAT}:
            return self._number(node, path)
        return bool(text.lower() == "true") if node.tag == loader.BOOL else None

    def _count(self, node: yaml.Node) -> None:
        """Count the characters of a text, which stands in the file once however many aliases repeat it."""
        self.characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        if self.characters > MAX_BYTES:
            self._refuse_aliases(node, f"{MAX_BYTES} characters")

    def _refuse_aliases(self, node: yaml.Node, limit: str) -> NoReturn:
        msg = f"{_place(self.file, node.start_mark)}: more than {limit} once its aliases are expanded"
        raise ConfigError(msg)

    def _refuse_tag(self, node: yaml.Node, path: tuple[str | int, ...]) -> None:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        named = (
            tag if _TAG.fullmatch(tag) else "a tag, as a text begins that starts with ! and has no quotes,"
        )
        self._fault(node, path, f"{named} is not allowed in a config")

    def _number(self, node: yaml.ScalarNode, path: tuple[str | int, ...]) -> Node:
        """A number as JSON Schema sees it, to which 1.0 is the integer 1."""
        text, value = node.value, float(node.value)
        if abs(value) > MAX_NUMBER:
            self._fault(node, path, f"a number is at most {MAX_NUMBER:.0e}; quote it if it is an id")
            return None
        if node.tag == loader.INT:
            return int(text)
        if path and _VERSION_KEY.search(str(path[-1])) and not value.is_integer():
            self._fault(node, path, f"{text} would be read as the number {value}; quote it: '{text}'")
        return int(value) if value.is_integer() else value

    def _fault(self, node: yaml.Node, path: tuple[str | int, ...], what: str) -> None:
        dotted = ".".join(map(str, path))
        self.faults.append(f"{_place(self.file, node.start_mark)}: {dotted + ': ' if dotted else ''}{what}")
        if len(self.faults) >= MAX_FAULTS:
            raise ConfigError("\n".join([*self.faults, f"{self.file}: {MORE_FAULTS}"]))


def _place(file: str, mark: yaml.Mark | None) -> str:
    """Where a node was written, as ``file:line:column``; the layer's name if it comes from no file."""
    return _at(file, mark.line, mark.column) if mark else file


def _spot(file: str, text: str, position: int) -> str:
    """As `_place`, for the character at a position, which PyYAML gives no mark for."""
    return _at(file, text.count("\n", 0, position), position - text.rfind("\n", 0, position) - 1)


def _at(file: str, line: int, column: int) -> str:
    return file if file in {OVERRIDE, ENVIRONMENT} else f"{file}:{line + 1}:{column + 1}"


def _key_fault(key: yaml.Node, counts: Counter[str]) -> str:
    if not isinstance(key, yaml.ScalarNode) or key.tag not in {loader.STR, "tag:yaml.org,2002:merge"}:
        return "keys are text; quote this one"
    if len(key.value) > MAX_KEY:
        return f"a key has at most {MAX_KEY} characters"
    if key.value == "<<":
        return "merge keys (<<) are not allowed; give MXT several files instead"
    if hidden(key.value):
        return f"the key {HIDDEN}"
    if counts[key.value] > 1:
        return f"the key {key.value!r} stands {counts[key.value]} times in this block"
    return ""


def hidden(text: str, allowed: str = "") -> bool:
    """Whether `text` has control, format, surrogate or line-separator characters."""
    return not text.isprintable() and any(
        unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in allowed for c in text
    )
