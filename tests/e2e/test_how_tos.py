"""How-to guides for models that others logged: their code and their configs run as printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from conftest import REPOSITORY, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

PAGES = REPOSITORY / "docs" / "how-to"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)


def run(project: Path, *command: str) -> tuple[str, str]:
    """What a command writes to its two streams in a project; it must end well."""
    # MLflow infers what a model requires in a process of its own, which this need not wait for.
    variables = clean_environment() | {"MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT": "1"}
    ended = subprocess.run(
        [sys.executable, *command], cwd=project, env=variables, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, ended.stderr


def facts(project: Path, config: str, *overrides: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        run(project, "-m", "mxt", config, "--json", *overrides)[0].splitlines()[-1]
    )
    return found["facts"] | {"outcome": found["outcome"]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "confs").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    return tmp_path


@pytest.mark.slow
def test_the_pipeline_of_explain_your_own_model_is_logged_and_explained_as_printed(project: Path) -> None:
    page = "explain-your-own-model.md"
    run(project, "-c", blocks(page, "python")[0])
    (project / "confs" / "theirs.yaml").write_text(blocks(page, "yaml")[0])
    screen = run(project, "-m", "mxt", "confs/theirs.yaml")[1]
    shown = next(text for text in blocks(page, "text") if text.startswith("ExplanationsJob their-churn"))
    for line in shown.splitlines():
        if "residual" not in line and "->" not in line and "adds up" not in line:
            assert line.split(", to 1e-")[0] in screen, line
    samples = pd.read_csv(project / "outputs" / "their_samples_explanations.csv")
    assert {"tenure", "MonthlyCharges", "Contract", "InternetService"} < {*samples.columns}
    assert samples["residual"].abs().max() < 1e-12


@pytest.mark.slow
def test_an_autologged_model_goes_through_every_job_of_its_page(project: Path) -> None:
    page = "autologged-models.md"
    run(project, "-c", blocks(page, "python")[0])
    (review,) = blocks(page, "bash")
    assert review.startswith("mxt trust models:/autologged-churn/1")
    run(project, "-m", *review.split())
    found = {}
    for text in blocks(page, "yaml"):
        path = text.splitlines()[0].removeprefix("# ")
        (project / path).write_text(text)
        found[path.removeprefix("confs/autologged_").removesuffix(".yaml")] = facts(project, path)
    assert {name: one["outcome"] for name, one in found.items()} == dict.fromkeys(found, "passed")
    assert found["explanations"]["method"] == "exact, along the trees' paths"
    assert found["evaluations"]["roc_auc"] > 0.75
    assert found["inference"]["outputs_rows"] == 8000
    assert [*found] == ["explanations", "evaluations", "drift", "inference", "promotion"]
