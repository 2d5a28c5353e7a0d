"""Builds MXT by scikit-build-core; where its kernels cannot be compiled, without them and with the reason."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Settings = dict[str, list[str] | str]

MODULE = "_uncompiled.py"
"""The module that an installation without kernels holds in their place."""
LONGEST = 300
"""Most characters of a reason."""
_FAILURES = (
    (r"No CMAKE_CXX_COMPILER could be found", "no C++ compiler was found"),
    (r"compiler set in environment variable CXX:\s+(\S+?)\.?\s", "the C++ compiler {} was not found"),
    (r"^(?:.*[/\\])?(\S+:\d+(?::\d+)?): (?:fatal )?error: (.+)", "the compiler stopped at {}: {}"),
    (r"^CMake Error\b.*:\s*\n((?:[ \t]+.*\n|\n)+)", "CMake stopped: {}"),
)
"""What CMake and compilers print of a failure, and what it means; the first that is found counts."""


def __getattr__(name: str) -> object:
    """A hook of PEP 517 or PEP 660: scikit-build-core's own, or one that goes on without the kernels."""
    if not name.startswith(("get_requires_for_", "prepare_metadata_for_", "build_")):
        raise AttributeError(name)
    from scikit_build_core import build

    hook = getattr(build, name)
    return partial(_built, hook) if name in {"build_wheel", "build_editable"} else hook


def reason(output: str) -> str:
    """Why a build failed, in a line, from what CMake and the compiler printed."""
    for pattern, message in _FAILURES:
        if found := re.search(pattern, output, re.MULTILINE):
            return message.format(*(" ".join(part.split()) for part in found.groups()))[:LONGEST]
    last = [line.strip() for line in output.splitlines() if line.strip()]
    return f"the build stopped: {last[-1]}"[:LONGEST] if last else "the build stopped without a message"


def _built(
    hook: Callable[..., str],
    wheel_directory: str,
    config_settings: Settings | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel, with the kernels or with the reason for their absence."""
    output = bytearray()
    try:
        with _copied(output):
            return hook(wheel_directory, config_settings, metadata_directory)
    except SystemExit:
        why = reason(output.decode(errors="replace"))
    sys.stdout.write(f"MXT is installed without its compiled kernels: {why}.\n")
    with tempfile.TemporaryDirectory() as temporary:
        module = Path(temporary, MODULE)
        module.write_text(f'"""Why the kernels were not compiled."""\n\nREASON = {why!a}\n')
        own, define = config_settings or {}, {"cmake.define.MXT_UNCOMPILED": module.as_posix()}
        try:
            return hook(wheel_directory, {**own, **define}, metadata_directory)
        except SystemExit:
            return hook(wheel_directory, {**own, "wheel.cmake": "false"}, metadata_directory)


@contextmanager
def _copied(output: bytearray) -> Iterator[None]:
    """Copy what this process and its children print into `output`, and print it as well."""
    sys.stdout.flush()
    sys.stderr.flush()
    shown, errors = os.dup(1), os.dup(2)
    read, write = os.pipe()

    def copy() -> None:
        while block := os.read(read, 65536):
            output.extend(block)
            os.write(shown, block)

    copier = threading.Thread(target=copy)
    os.dup2(write, 1)
    os.dup2(write, 2)
    os.close(write)
    copier.start()
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(shown, 1)
        os.dup2(errors, 2)
        copier.join()
        for end in (read, shown, errors):
            os.close(end)
