"""The command that a person would run next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mxt import settings
from mxt.jobs.base.commands import command

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.jobs.base import Job

HISTORY = "job: {{KIND: HistoryJob, mlflow_service: {{experiment_name: x, registry_name: {name}}}}}\n"
PROMOTION = HISTORY.replace("HistoryJob", "PromotionJob, alias_or_version: 1, gates: []")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job of the model `churn`, whose config lies in a project of its own."""
    (tmp_path / "confs").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "confs" / "history.yaml").write_text(HISTORY.format(name="churn"))
    monkeypatch.chdir(tmp_path)
    return settings.load([str(tmp_path / "confs" / "history.yaml")], []).job


def test_it_names_a_config_of_the_kind_and_the_model_beside_the_jobs_own(job: Job, tmp_path: Path) -> None:
    (tmp_path / "confs" / "a.yaml").write_text(PROMOTION.format(name="other"))
    (tmp_path / "confs" / "promotion of churn.yaml").write_text(PROMOTION.format(name="churn"))
    assert command(job, "PromotionJob", alias_or_version=3) == (
        "mxt 'confs/promotion of churn.yaml' job.alias_or_version=3"
    )


def test_elsewhere_it_names_the_whole_path(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert command(job, "HistoryJob") == f"mxt {tmp_path}/confs/history.yaml"


def test_without_such_a_config_it_shows_the_kind(job: Job) -> None:
    assert command(job, "DriftJob") == "mxt kinds DriftJob"
