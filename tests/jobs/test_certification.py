"""A certification says what it found, of which data, and the same whoever works on them in which order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mxt.errors import ConfigError, DataError
from mxt.registries import digests
from mxt.registries.certificates import stored
from runs import CHURN, make, run, train

if TYPE_CHECKING:
    from pathlib import Path

LIMITED = {**CHURN, "limit": 2000}
REFITS: list[dict[str, Any]] = [
    {
        "KIND": "CrossValidationCriterion",
        "metric": {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.7},
        "maximum_deviation": 0.05,
        "folds": 3,
        "repeats": 1,
    },
    {"KIND": "PermutationCriterion", "permutations": 20, "folds": 3},
]


def certify(root: Path, **fields: Any) -> dict[str, Any]:
    told = {"alias_or_version": "Challenger", "criteria": REFITS, "workers": 1}
    return run(root, "CertificationJob", **{**told, **fields})


def test_a_certificate_is_bound_to_what_it_rests_on(tmp_path: Path) -> None:
    train(tmp_path)
    found = certify(tmp_path)
    assert found["passed"]
    certificate = found["certificate"]
    assert certificate.outcome == "PASS"
    assert [told["criterion"] for told in certificate.criteria] == [
        "cv_mean_roc_auc",
        "cv_deviation_roc_auc",
        "permutation_p_accuracy",
    ]
    with make(tmp_path, "CertificationJob", alias_or_version="Challenger") as job:
        pinned = job.context.pin("Challenger")
        assert stored(pinned) == certificate
        assert certificate.bound["model"] == digests.model_digest(pinned)
        assert certificate.bound["training_data"] == pinned.tags["mxt.training_data_id"]


def test_workers_and_the_order_of_rows_do_not_change_a_bit(tmp_path: Path) -> None:
    train(tmp_path)
    shuffled = tmp_path / "shuffled.csv"
    table = pd.read_csv(CHURN["path"], dtype=str, keep_default_na=False).head(2000)
    table.sample(frac=1, random_state=0).to_csv(shuffled, index=False)
    one = certify(tmp_path)["certificate"].criteria
    assert one == certify(tmp_path, workers=2)["certificate"].criteria
    assert one == certify(tmp_path, inputs={**CHURN, "path": str(shuffled)})["certificate"].criteria


def test_a_missed_target_is_no(tmp_path: Path) -> None:
    train(tmp_path)
    limit = {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.99}
    found = certify(tmp_path, criteria=[{**REFITS[0], "metric": limit}])
    assert not found["passed"]
    assert found["certificate"].outcome == "FAIL"
    assert "missed by" in found["facts"]["cv_mean_roc_auc"]


def test_too_little_data_is_no_pass(tmp_path: Path) -> None:
    train(tmp_path, inputs={**CHURN, "limit": 80})
    found = certify(tmp_path)
    assert not found["passed"]
    assert found["certificate"].outcome == "INSUFFICIENT"
    values = [told["value"] for told in json.loads(found["certificate"].to_bytes())["criteria"]]
    assert values == [None, None, None]


def test_another_table_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    with pytest.raises(DataError, match="is not the table that churn version 1 was trained on"):
        certify(tmp_path, inputs={**CHURN, "limit": 1999})


def test_the_same_criterion_twice_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    with pytest.raises(ConfigError, match="two of them measure permutation_p_accuracy"):
        certify(tmp_path, criteria=[REFITS[1], {**REFITS[1], "permutations": 30}])
