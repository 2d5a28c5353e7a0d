"""The documentation: generated pages are current, the site builds, links lead on, the notebook runs."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import REPOSITORY, clean_environment


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True, check=False
    )


def test_the_reference_says_what_the_code_says() -> None:
    ended = run(sys.executable, "docs/make_reference.py", "--check")
    assert ended.returncode == 0, ended.stderr


def test_each_promise_of_the_threat_model_names_tests_that_exist() -> None:
    page = (REPOSITORY / "docs" / "explanation" / "threat-model.md").read_text()
    rows = [line.split(" | ") for line in page.split("## Promises")[1].splitlines() if line.startswith("| ")]
    assert len(rows) > 15
    for promise, _, shown, _ in rows[2:]:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)
        assert named, promise
        for path, test in named:
            assert f"\ndef {test}(" in (REPOSITORY / path).read_text(), f"{path}::{test}"


@pytest.mark.slow
def test_the_commands_of_the_tutorial_print_what_it_shows() -> None:
    table = REPOSITORY.parent / "shared" / "data" / "telco.csv"
    needed = ["--telco", str(table)] if table.exists() else []
    ended = run(sys.executable, "docs/make_tutorial.py", "--check", *needed)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_tutorial_may_differ_by_last_digits_moments_and_names_of_runs_only() -> None:
    differences = runpy.run_path(str(REPOSITORY / "docs" / "make_tutorial.py"))["differences"]
    before = (
        "roc_auc: 0.8496, p 7e-96\nrun 0123456789abcdef0123456789abcdef at 2026-11-21 05:51\nrows: 7,043\n"
    )
    other = (
        "roc_auc: 0.8471, p 2e-91\nrun fedcba9876543210fedcba9876543210 at 2027-01-02 10:00\nrows: 7,043\n"
    )
    assert differences(before, other) == []
    assert differences(before, other.replace("0.8471", "0.7471"))[:1] == ["- roc_auc: 0.8496, p 7e-96"]
    assert differences(before, other.replace("rows", "lines"))
    assert differences(before, other + "Next:\n") == ["+ Next:"]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    ended = run(
        sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "cache", "docs", tmp_path
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quickstart", "explanations"])
def test_a_notebook_runs_from_top_to_bottom(name: str) -> None:
    notebook = nbformat.read(REPOSITORY / "notebooks" / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(REPOSITORY / "notebooks")}}
    NotebookClient(notebook, timeout=None, kernel_name="python3", resources=resources).execute()


def test_each_table_of_exit_codes_has_all_of_them() -> None:
    page, readme, schedule = (
        (REPOSITORY / name).read_text(encoding="utf-8")
        for name in ("docs/reference/exit-codes.md", "README.md", "docs/how-to/schedule.md")
    )
    codes = set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE))
    assert {"0", "5", "7", "10", "99", "130", "143"} <= codes
    for text in (readme, schedule):
        assert codes <= {
            code for cell in re.findall(r"\| ([\d, ]+) (?=\|)", text) for code in cell.split(", ")
        }


def test_what_the_documentation_runs_reports_nothing_to_the_makers_of_mlflow() -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    quiet, loud = (
        "MLFLOW_DISABLE_TELEMETRY",
        re.compile(r"^import mlflow|^from mlflow|mlflow (server|ui)", re.MULTILINE),
    )
    blocks = [
        block
        for page in pages
        for block in re.findall(r"```.*?```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    starting = [block for block in blocks if loud.search(block)]
    assert len(starting) >= 3
    assert [block for block in starting if quiet not in block] == []


def test_the_links_between_pages_lead_somewhere() -> None:
    pages = [
        REPOSITORY / "README.md",
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / ".github").glob("*.md"),
    ]
    broken = [
        f"{page.relative_to(REPOSITORY)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []
