"""Files in memory, under ``counted://``, that count how often each is opened."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class CountedFileSystem(MemoryFileSystem):  # type: ignore[misc] # fsspec publishes no types
    """Files whose openings are counted by name."""

    protocol = "counted"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    opened: ClassVar[Counter[str]] = Counter()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return f"/{path.removeprefix('counted://').strip('/')}"

    def _open(self, path: str, *args: Any, **options: Any) -> Any:
        file = super()._open(path, *args, **options)
        self.opened[path] += 1
        return file


fsspec.register_implementation("counted", CountedFileSystem, clobber=True)


def put(name: str, content: bytes, *, settled: bool = True) -> str:
    """The URL of a file with this content, which changed a moment ago or, `settled`, last year."""
    files = CountedFileSystem()
    files.pipe(f"/{name}", content)
    if settled:
        files.store[f"/{name}"].created = datetime(2025, 1, 1, len(content) % 24, tzinfo=UTC)
    files.opened.clear()
    return f"counted://{name}"


def opened() -> int:
    """How often files were opened since the last `put`."""
    return CountedFileSystem.opened.total()
