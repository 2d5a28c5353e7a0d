"""The page that keeps a benchmark: ``docs/benchmarks.md``."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engines import ENGINES
from benchmarks.lines import deep_glance, details, glance, markdown, missed, overheads, passages
from benchmarks.models import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.lines import Line, Passage

TEMPLATE = Path(__file__).parent / "page.md"


def machine() -> str:
    """The time, and the machine with all that runs on it now."""
    from mxt.explainers.base.kernels import _kernels

    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {os.cpu_count()} cores, vector unit "
        f"{_kernels.vector_units()[0]}, {platform.system()}, Python {platform.python_version()}"
    )


def load() -> str:
    """How many programs wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def page(
    begun: str,
    load_before: str,
    lines: Sequence[Line],
    found: Sequence[Passage],
    through: Sequence[Passage],
) -> str:
    """All of it."""
    packages = sorted({ENGINES[line.engine].package for line in lines} | {"scikit-learn", "numpy"})
    return TEMPLATE.read_text().format(
        machine=begun,
        load=f"{load_before} when it began and {load()} when it ended",
        versions=", ".join(f"{name} {version(name)}" for name in packages),
        subjects=markdown([("model", "what it is", "columns"), *_subjects()]),
        glance=glance(lines),
        deep=deep_glance(lines),
        details=details(lines),
        passages=passages(found),
        overheads=overheads(through),
        missed=missed(lines),
    )


def _subjects() -> list[tuple[str, ...]]:
    return [(subject.name, subject.told, str(subject.columns)) for subject in SUBJECTS.values()]
