"""A build that cannot compile the kernels goes on without them, and notes why."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import build_backend
from build_backend import reason

if TYPE_CHECKING:
    from collections.abc import Callable

NO_COMPILER = """\
*** Configuring CMake...
CMake Error at CMakeLists.txt:9 (project):
  No CMAKE_CXX_COMPILER could be found.

  Tell CMake where to find the compiler by setting either the environment
"""
WRONG_COMPILER = """\
CMake Error at /usr/share/cmake-3.25/Modules/CMakeDetermineCXXCompiler.cmake:48 (message):
  Could not find compiler set in environment variable CXX:

  g++.

Call Stack (most recent call first):
"""
OLD_COMPILER = """\
[3/9] Building CXX object mxt/explainers/base/kernels/_kernels.dir/cut.cpp.o
FAILED: mxt/explainers/base/kernels/_kernels.dir/cut.cpp.o
/home/somebody/mxt/src/mxt/explainers/base/kernels/vector.hpp:12:3: error: 'bit_cast' is not a member of 'std'
ninja: build stopped: subcommand failed.
"""
NO_HEADERS = """\
CMake Error at /usr/share/cmake/Modules/FindPackageHandleStandardArgs.cmake:230 (message):
  Could NOT find Python (missing: Python_INCLUDE_DIRS)

Call Stack (most recent call first):
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (NO_COMPILER, "no C++ compiler was found"),
        (WRONG_COMPILER, "the C++ compiler g++ was not found"),
        (OLD_COMPILER, "the compiler stopped at vector.hpp:12:3: 'bit_cast' is not a member of 'std'"),
        (NO_HEADERS, "CMake stopped: Could NOT find Python (missing: Python_INCLUDE_DIRS)"),
        ("ninja: loading\nKilled\n", "the build stopped: Killed"),
        ("", "the build stopped without a message"),
        ("x.cpp:1: error: " + "a" * 9999, "the compiler stopped at x.cpp:1: " + "a" * 267),
    ],
)
def test_the_reason_is_what_cmake_or_the_compiler_said_first(output: str, expected: str) -> None:
    assert reason(output) == expected


def hook_that_fails(times: int, seen: list[dict[str, str]]) -> Callable[..., str]:
    """A hook whose first attempts end as scikit-build-core's do, and print what CMake prints."""

    def hook(_folder: str, settings: dict[str, str] | None, _metadata: str | None) -> str:
        path = (settings or {}).get("cmake.define.MXT_UNCOMPILED")
        seen.append({**(settings or {}), "reason": runpy.run_path(path)["REASON"] if path else ""})
        if len(seen) <= times:
            os.write(1, NO_COMPILER.encode())
            raise SystemExit(1)
        return "mxt.whl"

    return hook


def test_a_build_that_succeeds_is_not_repeated() -> None:
    seen: list[dict[str, str]] = []
    assert build_backend._built(hook_that_fails(0, seen), "", None, None) == "mxt.whl"
    assert seen == [{"reason": ""}]


def test_a_build_that_fails_is_repeated_without_the_kernels_and_with_the_reason(
    capfd: pytest.CaptureFixture[str],
) -> None:
    seen: list[dict[str, str]] = []
    assert build_backend._built(hook_that_fails(1, seen), "", {"build-dir": "b"}, None) == "mxt.whl"
    assert seen[1]["reason"] == "no C++ compiler was found"
    assert Path(seen[1]["cmake.define.MXT_UNCOMPILED"]).name == "_uncompiled.py"
    assert seen[1]["build-dir"] == "b"
    shown = capfd.readouterr().out
    assert "No CMAKE_CXX_COMPILER" in shown, "what the build prints is shown as well"
    assert "MXT is installed without its compiled kernels: no C++ compiler was found." in shown


def test_a_build_without_a_working_cmake_still_ends_with_a_wheel() -> None:
    seen: list[dict[str, str]] = []
    assert build_backend._built(hook_that_fails(2, seen), "", None, None) == "mxt.whl"
    assert seen[2] == {"wheel.cmake": "false", "reason": ""}
