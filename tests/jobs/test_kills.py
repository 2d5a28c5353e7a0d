"""A kill before any call of MLflow's stores, of any job: after the next run nothing misleads or is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from conftest import REPOSITORY, clean_environment
from recorder import changes
from sweeps import trials

CASES = {
    "create_run mxt.job mxt.process": "nothing was done",
    "create_run mxt.process mxt.trial": "trials without the search that made them; their run is closed",
    "log_batch": "a run without its parameters or scores, which is closed as killed",
    "log_batch mxt.config_digest": "a run without the digest of its config, which is closed as killed",
    "log_batch mxt.reason mxt.requested_by": "no decision yet",
    "log_batch mxt.model": "a history that says nothing; nothing was moved",
    "log_batch mxt.model mxt.model_uri mxt.model_version": "a version that says its training was stopped",
    "log_batch mxt.baseline_version": "a comparison without its baseline, which no version names",
    "log_batch mxt.data_digest mxt.evaluated_rows": "an evaluation that no version names",
    "log_batch mxt.passed mxt.unnamed": "a run without a verdict, which no version names",
    "delete_tag": "a run that its version names, and that says that it does not; it is named again",
    "log_batch mxt.passed": "a run without a verdict, which no version names",
    "log_artifact .json": "a run without its findings, which no version names",
    "log_artifact .csv": "a run without its tables, which no version names",
    "log_artifact .md": "a run without its page; no alias moves before the page of its decision",
    "log_artifact .png": "a run without its charts, which no version names",
    "log_inputs": "a run that does not tell what it read, and has done nothing",
    "create_logged_model": "no model",
    "log_outputs": "a model without files, which is no version",
    "log_artifacts": "a model without files, which is no version",
    "finalize_logged_model": "a whole model, which is no version",
    "create_registered_model": "a whole model, which is no version",
    "create_model_version mxt.held_out_data_id mxt.reading mxt.semver mxt.training_data_id": "no version",
    "log_batch mxt.alias_intent mxt.model": "a decision on its page; the alias has not moved",
    "set_registered_model_alias": "an intent, which the next run withdraws",
    "log_batch mxt.alias_to": "an intent whose alias has moved, which the next run finishes",
    "log_batch mxt.alias_to mxt.model": "a move on record, by a run that is closed as killed",
    "log_batch mxt.alias_settled mxt.alias_to": "the same intent again",
    "log_batch mxt.alias_withdrawn": "the same intent again",
    "set_tag mxt.stopped": "an open run, which the next run closes",
    "set_tag mxt.best": "trials without a mark at the best",
    "set_tag mxt.certificate_digest": "a certificate that no version names",
    "set_tag mlflow.note.content": "a run without its description, which no version names",
    "set_tag mlflow.runName": "a run without the name of its end, which no version names",
    "update_run_info": "a run that did all, and is closed as killed",
    "set_model_version_tag mxt.certificate": "a certificate that no version names",
    "set_model_version_tag mxt.certificate_digest": "a certificate in part, which opens no gate and says why",
    "set_model_version_tag mxt.certificate_run": "a certificate in part, which opens no gate and says why",
    "set_model_version_tag mxt.last.*": "a whole run that gates find, and the next job about it names",
    "set_model_version_tag mxt.description": "a version with its former description",
    "set_model_version_tag mxt.withdrawn": "a version that still has its semantic version",
    "delete_model_version_tag": "a version that still has its semantic version, and says that it lost it",
    "update_model_version": "a version with its former description, which stays MXT's own",
}
"""What a kill before each call that changes a store leaves, until the next run."""
JOBS = (
    "training",
    "tuning",
    "evaluation",
    "explanation",
    "comparison",
    "drift",
    "certification",
    "promotion",
    "promotion > history",
    "promotion > inference",
    "rollback",
    "history",
    "experiment",
    "inference",
    "promotion again",
    "rollback again",
    "training again",
    "certification again",
)
OFTEN = {"promotion": 2, "rollback": 4, "training": 10, "certification": 8, "promotion > history": 4}
"""Distances between the changes before which a job is killed in the suite; 12 for other jobs."""


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The calls of each job, and what was wrong after which kill."""
    distances = {name: trials(OFTEN.get(name, 12), 1) for name in JOBS}
    script = REPOSITORY / "tests" / "killing.py"
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path_factory.mktemp("kills")), json.dumps(distances)],
        env=clean_environment({"PYTHONPATH": str(script.parent)}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ended.returncode == 0
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_a_kill_before_any_call_leaves_nothing_that_misleads_after_the_next_run(
    swept: dict[str, Any],
) -> None:
    assert {name: found["faults"] for name, found in swept.items() if found["faults"]} == {}
    assert sum(found["kills"] for found in swept.values()) >= trials(40, 350)


@pytest.mark.slow
def test_each_call_that_changes_a_store_has_a_case_and_each_case_is_met(swept: dict[str, Any]) -> None:
    made = {call for found in swept.values() for call in found["calls"] if changes(call)}
    assert made - {*CASES} == set(), "say in CASES what a kill before the new call leaves"
    assert {*CASES} - made == set()


def test_the_name_of_a_call_says_what_it_changes() -> None:
    assert not changes("get_run")
    assert changes("set_registered_model_alias")
