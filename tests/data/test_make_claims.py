"""The claims are what their page says: the files, the rules, the clerks' errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
FILES = {"claims.csv": 4000, "claims_pilot.csv": 60}


def ruled(table: pd.DataFrame) -> pd.Series[str]:
    """What the rules say of each claim."""
    lost = table["reason"] == "lost"
    papers = (table["has_invoice"] == "Yes") & ((table["has_photo"] == "Yes") | lost)
    good = papers & (table["days_since_delivery"] < 60) & (table["reason"] != "wrong item")
    return good.map({True: "Claimable", False: "Not claimable"})


@pytest.mark.parametrize(("file", "rows"), FILES.items())
def test_clerks_follow_the_rules_but_for_few_errors(file: str, rows: int) -> None:
    table = pd.read_csv(DATA / file)
    assert len(table) == table["claimID"].nunique() == rows
    assert (table["claimed_value"] <= table["order_value"]).all()
    errors = (table["decision"] != ruled(table)).mean()
    assert errors < 0.02
    assert 0.3 < (table["decision"] == "Claimable").mean() < 0.6


def test_no_claim_is_in_both_files() -> None:
    ids = [set(pd.read_csv(DATA / file)["claimID"]) for file in FILES]
    assert not ids[0] & ids[1]


def test_the_script_writes_the_files_byte_for_byte(tmp_path: Path) -> None:
    shutil.copy(DATA / "make_claims.py", tmp_path)
    command = [sys.executable, str(tmp_path / "make_claims.py")]
    assert subprocess.run([*command, "--check"], capture_output=True, check=False).returncode == 1
    subprocess.run(command, check=True, capture_output=True)
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (DATA / file).read_bytes()
    assert subprocess.run([*command, "--check"], capture_output=True, check=False).returncode == 0
