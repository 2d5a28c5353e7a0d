"""Configs: YAML files, the environment and overrides become one merged, resolved content.

Later layers win: files left to right, then the environment, then ``key=value`` overrides.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mxt.configs.environment import read_environment
from mxt.configs.interpolation import dotted, resolve
from mxt.configs.locations import (
    NO_SECRET,
    Location,
    Secret,
    current_root,
    project_root,
    refuse_secret,
    reveal,
    revealed,
)
from mxt.configs.merging import assign, leaves, merge
from mxt.configs.yaml import (
    ENVIRONMENT,
    MAX_FAULTS,
    MORE_FAULTS,
    Node,
    Origins,
    parse_value,
    read_yaml,
)

__all__ = [
    "ENVIRONMENT",
    "MAX_FAULTS",
    "MORE_FAULTS",
    "NO_SECRET",
    "Config",
    "Location",
    "Node",
    "Secret",
    "current_root",
    "dotted",
    "load",
    "parse_value",
    "project_root",
    "read_environment",
    "refuse_secret",
    "reveal",
    "revealed",
    "split",
]


@dataclass(frozen=True)
class Config:
    """A merged, resolved config, and where each of its parts was written."""

    content: dict[str, Node]
    origins: Origins
    root: str
    """Absolute path of the folder that relative paths start from."""

    def where(self, path: Sequence[str | int]) -> str:
        """Where the closest known part of `path` was written, as ``file:line:column``."""
        known = (tuple(path[:end]) for end in range(len(path), -1, -1))
        return next(self.origins[part] for part in known if part in self.origins)


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files and the overrides among the words of a command line."""
    overrides = [word for word in words if _is_override(word)]
    return [word for word in words if word not in overrides], overrides


def _is_override(word: str) -> bool:
    """Whether a word is key=value; a file's name may hold = behind a slash, as in ./a=b.yaml."""
    return "/" not in word.partition("=")[0] and "=" in word


def load(files: Sequence[str], environment: Mapping[str, Node], overrides: Sequence[str]) -> Config:
    """Read and merge the layers of one config.

    Raises:
        ConfigError: A layer cannot be read, or its interpolations cannot be resolved.
    """
    content: dict[str, Node] = {}
    origins: Origins = {(): files[0]}
    for file in files:
        layer, marks = read_yaml(file)
        content = merge(content, layer)
        origins |= marks
    content = merge(content, dict(environment))
    origins |= dict.fromkeys(leaves(dict(environment)), ENVIRONMENT)
    for override in overrides:
        origins |= dict.fromkeys(assign(content, override), f"override {override.partition('=')[0]}")
    root = os.path.abspath(os.environ.get("MXT_ROOT") or project_root(files[0]))  # noqa: PTH100 - keeps links
    config = Config(content, origins, root)
    return replace(config, content=resolve(content, config.where))
