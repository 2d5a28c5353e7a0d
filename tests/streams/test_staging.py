"""Finished parts of an output that is not whole: kept, checked, thrown away, held by one run at a time."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from mxt.errors import DataError
from mxt.streams.staging import Staging

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.streams.receipts import KeptPart, PartFacts

ROWS = pa.record_batch({"x": [1.0, None, 0.1], "y": ["a", "b", None]})


def facts(columns: str = "x: double") -> PartFacts:
    """Facts of a part of three rows."""
    return {
        "first_row": 0,
        "rows": 3,
        "worked": 3,
        "first_id": "a",
        "last_id": "c",
        "columns": columns,
        "beyond": {},
    }


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    found = Staging(tmp_path / "out.parts", "key 1", "state 1")
    with found.held():
        for part in (0, 2):
            found.keep(part, {"arrow": ROWS, "sums": b"\x00\x01"}, facts())
    return found


def whole(staging: Staging) -> dict[int, KeptPart]:
    """The receipts of parts that need no work."""
    return {part: receipt for part, receipt in staging.finished().items() if staging.is_current(receipt)}


def test_what_was_kept_is_found_again(staging: Staging) -> None:
    found = whole(staging)
    assert [(part, receipt["rows"]) for part, receipt in found.items()] == [(0, 3), (2, 3)]
    assert [batch.equals(ROWS) for batch in staging.tables([found[2], found[0]])] == [True, True]
    assert staging.content(found[2], "sums") == b"\x00\x01"
    assert staging.content(found[2], "none") == b""
    assert staging.folder.stat().st_mode & 0o077 == 0, "only its owner may read a customer's rows"


@pytest.mark.parametrize("file", ["00000002.*.arrow", "00000002.*.sums", "00000002.json"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_part_with_a_damaged_file_is_not_whole(staging: Staging, file: str, harm: str) -> None:
    (path,) = staging.folder.glob(file)
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if harm == "cut" else bytes([content[0] ^ 1]) + content[1:])
    assert list(whole(staging)) == [0]


def test_parts_of_another_key_are_thrown_away(staging: Staging) -> None:
    with staging.held():
        assert list(whole(staging)) == [0, 2]
    other = Staging(staging.folder, "key 2", "state 1")
    with other.held():
        assert whole(other) == {}
    with staging.held():
        assert whole(staging) == {}, "they are gone for good"


def test_a_share_does_not_take_parts_of_another_key_for_its_own(staging: Staging) -> None:
    other = Staging(staging.folder, "key 2", "state 1")
    with other.held("1-of-2"):
        assert whole(other) == {}
        other.keep(1, {"arrow": ROWS}, facts())
        assert list(whole(other)) == [1]
    assert list(whole(staging)) == [0, 2]


def test_a_fresh_start_throws_everything_away(staging: Staging) -> None:
    with staging.held(fresh=True):
        assert whole(staging) == {}


def test_the_receipt_of_a_part_is_that_of_its_own(staging: Staging) -> None:
    assert staging.receipt(2) == whole(staging)[2]
    assert staging.receipt(1) is None
    assert Staging(staging.folder, "key 2", "state 1").receipt(2) is None


def test_parts_that_are_forgotten_are_not_whole(staging: Staging) -> None:
    staging.forget([2, 7])
    assert list(whole(staging)) == [0]


def test_half_written_files_are_swept_up(staging: Staging) -> None:
    left = staging.folder / "00000003.arrow.4711.new"
    left.write_bytes(b"half")
    with staging.held():
        assert not left.exists()


@pytest.mark.parametrize("share", ["", "1-of-2"])
def test_what_a_stopped_worker_left_half_written_goes_when_the_folder_is_let_go_of(
    staging: Staging, share: str
) -> None:
    left = staging.folder / "00000003.arrow.4711.new"
    with staging.held(share):
        left.write_bytes(b"half")
    assert left.exists() == bool(share), "another share's worker may be writing it"
    assert list(whole(staging)) == [0, 2]


def test_a_process_of_an_earlier_run_changes_no_part_of_this_one(staging: Staging) -> None:
    late = Staging(staging.folder, "key 2", "state 1")
    with staging.held():
        mine = staging.keep(1, {"arrow": ROWS}, facts())
        late.keep(1, {"arrow": ROWS.slice(1)}, facts())
        assert next(staging.tables([mine])).equals(ROWS)


ENDING = """
import sys
from pathlib import Path
from mxt.streams.staging import Staging
from mxt.errors import DataError
held = 0
while held < 60:
    try:
        with Staging(Path(sys.argv[1]), "key 1", "state 1").held() as staging:
            held += 1
            for part in range(3):
                staging.keep(part, {"rows": b"rows"}, {})
            staging.forget(staging.parts())
    except DataError as error:
        assert "another run works on this output" in str(error), error
"""


def test_runs_that_end_and_begin_at_once_are_let_in_or_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDING, str(tmp_path / "out.parts")]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [run.communicate()[1] for run in runs] == ["", "", ""]
    assert [path.name for path in tmp_path.iterdir()] == []


HOLD = """
import sys
from pathlib import Path
from mxt.streams.staging import Staging
with Staging(Path(sys.argv[1]), "key 1", "state 1").held(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("theirs", "ours"), [("", ""), ("", "1-of-2"), ("1-of-2", ""), ("1-of-2", "1-of-2"), ("1-of-2", "2-of-2")]
)
def test_two_runs_do_not_work_on_the_same_parts(staging: Staging, theirs: str, ours: str) -> None:
    command = [sys.executable, "-c", HOLD, str(staging.folder), theirs]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            if (theirs, ours) == ("1-of-2", "2-of-2"):
                with staging.held(ours):
                    assert list(whole(staging)) == [0, 2]
            else:
                told = f"another run works on this output \\(process {other.pid} on"
                with pytest.raises(DataError, match=told), staging.held(ours):
                    pass
        finally:
            other.kill()
    with staging.held(ours):
        assert list(whole(staging)) == [0, 2], "a killed run lets go"


def test_a_plan_is_settled_once_and_parts_of_another_are_thrown_away(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "out.parts", "key 1", "state 1")
    for plan in ("first", "second"):
        with staging.held(settle=plan.__str__) as settled:
            assert settled.plan == "first"
            settled.keep(0, {"arrow": ROWS}, facts())
    assert whole(staging) == {}, "a part depends on its plan"
    next(staging.folder.glob("plan-*")).unlink()
    with staging.held(settle=lambda: "third") as settled:
        assert settled.plan == "third"
        assert whole(settled) == {}


def test_a_fresh_start_makes_a_new_plan_unless_it_is_of_a_share(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "out.parts", "key 1", "state 1")
    with staging.held("1-of-2", settle=lambda: "first"):
        pass
    with staging.held("2-of-2", fresh=True, settle=lambda: "second") as settled:
        assert settled.plan == "first"
    with staging.held(fresh=True, settle=lambda: "third") as settled:
        assert settled.plan == "third"


SETTLE = """
import sys, time
from pathlib import Path
from mxt.streams.staging import Staging
folder, share = Path(sys.argv[1]), sys.argv[2]
def settle():
    (folder / f"lock-ready-{share}").touch()
    while len(list(folder.glob("lock-ready-*"))) < 4:
        time.sleep(0.001)
    return f"plan of {share}"
with Staging(folder, "key 1", "state 1").held(share, settle=settle) as staging:
    print(staging.plan)
"""


def test_shares_that_plan_at_once_all_heed_one_plan(tmp_path: Path) -> None:
    commands = [[sys.executable, "-c", SETTLE, str(tmp_path / "out.parts"), f"{n}-of-4"] for n in range(4)]
    shares = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    plans = {share.communicate()[0] for share in shares}
    assert len(plans) == 1
    assert plans.pop().startswith("plan of ")
    assert [path.name[:5] for path in (tmp_path / "out.parts").glob("plan-*")] == ["plan-"]


def test_parts_of_another_state_count_if_their_rows_are_the_same(tmp_path: Path) -> None:
    first = Staging(tmp_path / "out.parts", "key 1", "state 1")
    with first.held():
        for part, rows in enumerate((b"rows 0", b"rows 1")):
            first.keep(part, {"arrow": ROWS, "rows": rows}, facts())
    later = Staging(first.folder, "key 1", "state 2")
    with later.held():
        assert whole(later) == {}
        assert later.unchanged(0, b"other rows", "x: double") is None
        assert later.unchanged(0, b"rows 0", "x: float") is None
        assert later.unchanged(7, b"rows 7", "x: double") is None
        found = later.unchanged(0, b"rows 0", "x: double")
        assert whole(later) == {0: found}
        assert list(later.finished()) == [0, 1]
        later.doubt()
        assert whole(later) == {}
        assert later.unchanged(0, b"rows 0", "x: double") == found
