"""Promotions: refused when anything has changed since the certificate, recorded, and rolled back."""

from __future__ import annotations

import csv
import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import mlflow
import pytest

from certified import certify
from conftest import Ended, Project, make_project
from dead import dead_process
from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRAINING = ("job.recipe.trees=20", "job.metrics=[]")
METRICS = (
    "job.metrics=[{KIND: SklearnMetric, name: roc_auc}]",
    "job.segments=[{column: Contract, metrics: [{KIND: SklearnMetric, name: accuracy, minimum: 0.6}]}]",
)
PROMOTION = """\
job:
  KIND: PromotionJob
  mlflow_service: {experiment_name: churn, registry_name: churn}
  alias: Champion
  reason: it was certified
  requested_by: Dan
  allow_first: true
"""
HISTORY = """\
job:
  KIND: HistoryJob
  mlflow_service: {experiment_name: churn, registry_name: churn}
  alias: Champion
"""


def prepared(root: Path, versions: int) -> Project:
    """A project with versions that are trained, evaluated and certified."""
    project = make_project(root)
    project.config("promote.yaml", PROMOTION)
    project.config("ask.yaml", HISTORY)
    for version in range(1, versions + 1):
        assert project.here("training", *TRAINING, f"job.recipe.trees={20 + version}").code == 0
        certify(project, *METRICS, f"job.alias_or_version={version}")
    return project


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One certified version; whoever changes a byte puts it back."""
    return prepared(tmp_path_factory.mktemp("certified"), 1)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three versions, the first two evaluated; each test moves an alias of its own."""
    project = make_project(tmp_path_factory.mktemp("bare"))
    project.config("promote.yaml", PROMOTION + "  gates: [{KIND: EvaluationGate}]\n")
    project.config("ask.yaml", HISTORY)
    for version in (1, 2, 3):
        assert project.here("training", *TRAINING, f"job.recipe.trees={20 + version}").code == 0
        ended = project.here("evaluations", *METRICS, f"job.alias_or_version={version}")
        assert ended.code == 0, ended.err
    return project


def client(project: Project) -> mlflow.MlflowClient:
    store = f"sqlite:///{project.root}/mlflow.db"
    return mlflow.MlflowClient(store, store)


def promote(project: Project, *overrides: str, alias: str = "Champion", version: int = 1) -> Ended:
    ended = project.here("promote", f"job.alias={alias}", f"job.alias_or_version={version}", *overrides)
    assert ended.code in {0, 10}, ended.err
    return ended


def ask(project: Project, alias: str, *overrides: str) -> dict[str, Any]:
    ended = project.here("ask", f"job.alias={alias}", *overrides)
    assert ended.code in {0, 10}, ended.err
    facts: dict[str, Any] = ended.outcome["facts"]
    return facts | {"code": ended.code}


def flipped(path: Path, place: int = -2) -> Iterator[None]:
    """One byte of a file is another, until the test is over."""
    before = path.read_bytes()
    content = bytearray(before)
    content[place] ^= 1
    path.write_bytes(content)
    yield
    path.write_bytes(before)


def test_an_evaluation_without_a_limit_opens_no_gate_that_needs_a_verdict(bare: Project) -> None:
    ended = bare.here("evaluations", METRICS[0], "job.segments=[]", "job.alias_or_version=3")
    assert ended.code == 0, ended.err
    assert ended.outcome["facts"]["evidence"].startswith("none for a gate on the verdict")
    refused = promote(bare, alias="Limitless", version=3)
    assert refused.code == 10
    assert "had no limit to keep" in refused.outcome["facts"]["reasons"]
    by_score = "job.gates=[{KIND: ThresholdGate, metric: roc_auc, minimum: 0.5}]"
    assert promote(bare, by_score, alias="Limitless", version=3).code == 0
    assert bare.here("evaluations", *METRICS, "job.alias_or_version=3").code == 0


def config_of(project: Project, tag: str) -> Path:
    """The config that the training, or the run that certified, recorded."""
    version = client(project).get_model_version("churn", "1")
    run_id = version.tags[tag] if tag else version.run_id
    return project.root / "mlartifacts" / "churn" / run_id / "artifacts" / "config.json"


def one(project: Project, pattern: str) -> Path:
    (path,) = project.root.glob(pattern)
    return path


CHANGES: dict[str, Callable[[Project], Path]] = {
    "the model's files": lambda project: one(project, "mlartifacts/**/model.ubj"),
    "the training's config": lambda project: config_of(project, ""),
    "the certification's config": lambda project: config_of(project, "mxt.certificate_run"),
    "the certificate": lambda project: one(project, "mlartifacts/**/certificates/*.json"),
    "the file confs/training.yaml": lambda project: project.root / "confs" / "training.yaml",
    "the file confs/evaluations.yaml": lambda project: project.root / "confs" / "evaluations.yaml",
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_changed_byte_is_refused_by_the_name_of_what_changed(what: str, certified: Project) -> None:
    for _ in flipped(CHANGES[what](certified)):
        ended = promote(certified)
    assert ended.code == 10
    assert ended.outcome["facts"]["reasons"] == f"changed since version 1 was certified: {what}"
    assert "Champion" not in aliases_of(client(certified), "churn")


def test_one_changed_byte_of_the_data_is_refused_by_name(certified: Project) -> None:
    path = certified.root / "data" / "churn.csv"
    for _ in flipped(path, path.read_bytes().index(b"Month-to-month")):
        ended = promote(certified)
    assert ended.code == 10
    reason = "changed since version 1 was certified: "
    assert ended.outcome["facts"]["reasons"] in (
        f"{reason}the training data",
        f"{reason}the evaluation data, the training data",
    )
    path.rename(path.with_suffix(".gone"))
    ended = promote(certified)
    path.with_suffix(".gone").rename(path)
    assert ended.code == 10
    assert "the training data (they cannot be read again: " in ended.outcome["facts"]["reasons"]
    assert "the evaluation data (they cannot be read again: " in ended.outcome["facts"]["reasons"]


def test_an_unchanged_certified_version_is_promoted_and_the_decision_is_kept(tmp_path: Path) -> None:
    project = prepared(tmp_path, 1)
    refused = promote(project, "job.allow_first=false")
    assert refused.code == 10
    reasons = "'Champion' stands for no version yet; the first promotion needs allow_first: true"
    assert refused.outcome["facts"]["reasons"] == reasons
    dry = promote(project, "job.dry_run=true")
    assert (dry.code, dry.outcome["facts"]["dry_run"]) == (0, "nothing was moved")
    assert "Champion" not in aliases_of(client(project), "churn")
    ended = promote(project)
    assert ended.code == 0, ended.err
    assert aliases_of(client(project), "churn")["Champion"] == 1
    run = client(project).get_run(ended.outcome["run_id"])
    tags = {key: run.data.tags[f"mxt.alias{key}"] for key in ("", "_from", "_to", "_by", "_reason")}
    assert tags == {
        "": "Champion",
        "_from": "",
        "_to": "1",
        "_by": "Dan",
        "_reason": "it was certified",
    }
    page = (
        project.root / "mlartifacts" / "churn" / run.info.run_id / "artifacts" / "decision.md"
    ).read_text()
    assert page.startswith("# PromotionJob churn 1: passed\n\nChampion may move to churn version 1: ")
    assert "\n\nChampion stands for churn version 1" in page
    assert "- **who**: Dan\n" in page
    assert "- **why**: it was certified\n" in page
    assert "| CertificateGate | PASS | version 1 is certified; that ends at " in page
    again = promote(project)
    assert again.outcome["facts"]["nothing_moved"] == "Champion stands for version 1 already"
    assert ask(project, "Champion")["moves"] == 1


@pytest.mark.slow
def test_a_certificate_that_has_expired_or_failed_or_is_of_the_future_is_refused(tmp_path: Path) -> None:
    project = prepared(tmp_path, 0)
    assert project.here("training", *TRAINING).code == 0
    assert "version 1 was never certified" in promote(project).outcome["facts"]["reasons"]
    now = datetime.now(UTC)
    certify(project, *METRICS, now=now - timedelta(days=91))
    ended = promote(project)
    assert ended.code == 10
    assert ended.outcome["facts"]["reasons"].startswith("the certificate of version 1 expired at ")
    certify(project, *METRICS, now=now + timedelta(hours=2))
    assert "the clock was moved back: the certificate" in promote(project).outcome["facts"]["reasons"]
    certify(project, *METRICS, outcome="INSUFFICIENT")
    assert "version 1 was certified INSUFFICIENT" in promote(project).outcome["facts"]["reasons"]
    certify(project, *METRICS)
    assert promote(project, "job.dry_run=true").code == 0
    experiment = client(project).get_experiment_by_name("churn")
    later = client(project).create_run(
        experiment.experiment_id, start_time=int((now + timedelta(days=1)).timestamp() * 1000)
    )
    ended = promote(project)
    assert ended.code == 10
    assert "the clock was moved back: a run started at" in ended.outcome["facts"]["reasons"]
    client(project).delete_run(later.info.run_id)
    assert promote(project).code == 0


def test_gates_that_ask_for_no_certificate_read_no_data(bare: Project) -> None:
    path = bare.root / "data" / "churn.csv"
    path.rename(path.with_suffix(".gone"))
    ended = promote(bare, alias="Unread")
    path.with_suffix(".gone").rename(path)
    assert ended.code == 0, ended.err


def test_the_requester_is_the_user_of_this_machine_unless_named(bare: Project) -> None:
    assert promote(bare, "job.requested_by=null", alias="Mine").outcome["facts"]["requested_by"] == (
        getpass.getuser()
    )


def test_two_people_approve_in_a_file_and_the_requester_does_not_count(bare: Project) -> None:
    file = bare.root / "confs" / "approvals.yaml"
    gate = "job.gates=[{KIND: ApprovalGate, approvers: [Ada, Ben, Dan], file: confs/approvals.yaml}]"
    assert "is not there" in promote(bare, gate, alias="Agreed").outcome["facts"]["reasons"]
    file.write_text("- {name: Ada, model: churn, version: 1}\n- {name: Dan, model: churn, version: 1}\n")
    ended = promote(bare, gate, alias="Agreed")
    assert ended.code == 10
    assert "not counted: Dan asks for the promotion" in ended.outcome["facts"]["reasons"]
    file.write_text(file.read_text() + "- {name: Ben, model: churn, version: 1}\n")
    assert promote(bare, gate, alias="Agreed").code == 0
    assert promote(bare, gate, alias="Agreed", version=2).code == 10


def test_approvals_may_come_from_the_environment(bare: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = "job.gates=[{KIND: ApprovalGate, approvers: [Ada, Ben], variable: APPROVALS}]"
    assert promote(bare, gate, alias="Said").code == 10
    said = [f"{{name: {name}, model: churn, version: 1}}" for name in ("Ada", "Ben")]
    monkeypatch.setenv("APPROVALS", f"[{', '.join(said)}]")
    assert promote(bare, gate, alias="Said").code == 0


def test_a_challenger_is_compared_with_the_champion_on_the_same_rows(bare: Project) -> None:
    gate = "job.gates=[{KIND: ChallengerGate, metric: roc_auc, margin: -1}]"
    runs = {
        version: client(bare).get_model_version("churn", str(version)).tags["mxt.last.EvaluationsJob"]
        for version in (1, 2, 3)
    }
    for version, rows in ((1, "same"), (2, "same"), (3, "others")):
        client(bare).set_tag(runs[version], "mxt.evaluated_rows", rows)
    assert promote(bare, gate, alias="Best", version=1).code == 0
    assert promote(bare, gate, alias="Best", version=2).code == 0
    ended = promote(bare, gate, alias="Best", version=3)
    assert ended.code == 10
    assert "versions 3 and 2 were evaluated on different rows" in ended.outcome["facts"]["reasons"]
    ended = promote(bare, gate.replace("-1", "0.9"), alias="Best", version=1)
    assert "it should be better by 0.9" in ended.outcome["facts"]["reasons"]


def test_the_drift_gate_reads_the_latest_comparison(bare: Project) -> None:
    gate = "job.gates=[{KIND: DriftGate}]"
    assert "was never compared" in promote(bare, gate, alias="Steady").outcome["facts"]["reasons"]
    here = ("job.alias_or_version=1", "job.measures=[{KIND: PsiDrift, threshold: 0.25}]")
    assert bare.here("drift", *here, "job.current.limit=2000").code == 0
    assert promote(bare, gate, alias="Steady").code == 0
    assert bare.here("drift_shifted", "job.alias_or_version=1").code == 10
    ended = promote(bare, gate, alias="Steady")
    assert ended.code == 10
    assert "the data have drifted from those of version 1" in ended.outcome["facts"]["reasons"]


def test_the_explanation_gate_reads_the_latest_comparison_with_the_champion(bare: Project) -> None:
    store = client(bare)
    gate = "job.gates=[{KIND: ExplanationGate, changed_decisions: 0.1}]"
    assert promote(bare, alias="Told").code == 0
    assert "never compared" in promote(bare, gate, alias="Told", version=2).outcome["facts"]["reasons"]
    run = store.create_run(store.get_experiment_by_name("churn").experiment_id)
    store.log_metric(run.info.run_id, "changed_decisions", 0.05)
    store.set_tag(run.info.run_id, "mxt.baseline_version", "1")
    store.set_terminated(run.info.run_id)
    store.set_model_version_tag("churn", "2", "mxt.explanation_diff", run.info.run_id)
    assert promote(bare, gate, alias="Told", version=2).code == 0
    ended = promote(bare, gate, "job.requested_by=Eve", alias="Told", version=3)
    assert "version 3 were never compared with those of version 2" in ended.outcome["facts"]["reasons"]


def test_a_rollback_restores_the_version_before_and_a_second_one_the_version_before_that(
    bare: Project,
) -> None:
    for version in (1, 2, 3):
        assert promote(bare, alias="Back", version=version).code == 0
    back = ("job.rollback=true", "job.reason=it forgot its customers")
    assert promote(bare, "job.dry_run=true", *back, alias="Back").outcome["facts"]["to_version"] == 2
    assert aliases_of(client(bare), "churn")["Back"] == 3
    for version in (2, 1):
        assert promote(bare, *back, alias="Back").code == 0
        assert aliases_of(client(bare), "churn")["Back"] == version
    ended = bare.here("promote", "job.alias=Back", *back)
    assert ended.code == 4
    assert "No recorded promotion of 'churn' names the version that 'Back' stood for before." in ended.err
    rows = list(csv.DictReader((moves_of(bare, "Back")).read_text().splitlines()))
    assert [row["how"] for row in rows] == ["PromotionJob"] * 3 + ["rollback"] * 2
    assert [row["to_version"] for row in rows] == ["1", "2", "3", "2", "1"]
    assert rows[-1]["why"] == "it forgot its customers"
    assert {row["who"] for row in rows} == {"Dan"}


def moves_of(project: Project, alias: str) -> Path:
    """The table of moves that a history wrote."""
    output = project.root / "outputs" / f"{alias}.csv"
    ended = project.here("ask", f"job.alias={alias}", f"job.history={{KIND: CsvWriter, path: {output}}}")
    assert ended.code == 0, ended.err
    return output


def test_a_rollback_to_a_version_that_was_deleted_is_refused(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    project.config("promote.yaml", PROMOTION + "  gates: [{KIND: EvaluationGate}]\n")
    for version in (1, 2):
        assert project.here("training", *TRAINING).code == 0
        assert project.here("evaluations", *METRICS).code == 0
        assert promote(project, version=version).code == 0
    client(project).delete_model_version("churn", "1")
    ended = promote(project, "job.rollback=true")
    assert ended.code == 10
    reasons = "version 1, which 'Champion' stood for before, is there no more; promote another"
    assert ended.outcome["facts"]["reasons"] == reasons
    assert aliases_of(client(project), "churn")["Champion"] == 2


def test_a_move_made_outside_is_noticed_reported_and_undone_by_a_rollback(bare: Project) -> None:
    store = client(bare)
    assert promote(bare, alias="Moved", version=1).code == 0
    store.set_registered_model_alias("churn", "Moved", "3")
    reasons = "Moved stands for version 3, and the last recorded move left it at 1"
    assert promote(bare, "job.dry_run=true", alias="Moved").outcome["facts"]["moved_outside"] == reasons
    facts = ask(bare, "Moved")
    assert (facts["version"], facts["moves_outside"]) == (3, 1)
    assert facts["doubt"] == "somebody moved it to version 3 outside MXT; nobody knows when"
    assert "by" not in facts
    assert promote(bare, "job.rollback=true", alias="Moved").code == 0
    assert aliases_of(store, "churn")["Moved"] == 1
    facts = ask(bare, "Moved")
    assert (facts["version"], facts["moves"], facts["moves_outside"]) == (1, 3, 1)
    assert "doubt" not in facts


def stopped(project: Project, run_id: str, *, moved: bool) -> None:
    """Make of a promotion one that was killed before it confirmed its move."""
    store = client(project)
    tags = store.get_run(run_id).data.tags
    for tag in ("mxt.alias_to", "mxt.process"):
        store.delete_tag(run_id, tag)
    store.set_tag(run_id, "mxt.process", dead_process())
    store.update_run(run_id, "RUNNING")
    if not moved:
        store.set_registered_model_alias("churn", tags["mxt.alias"], tags["mxt.alias_from"])


@pytest.mark.parametrize("moved", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_promotion_that_was_killed_at_its_move_is_settled_by_the_next(
    moved: bool,  # noqa: FBT001 - a case
    bare: Project,
) -> None:
    alias = f"Killed{moved}"
    assert promote(bare, alias=alias, version=1).code == 0
    run_id = promote(bare, "job.requested_by=Eve", alias=alias, version=2).outcome["run_id"]
    stopped(bare, run_id, moved=moved)
    facts = promote(bare, alias=alias, version=2).outcome["facts"]
    assert ("nothing_moved" in facts) == moved
    assert facts["settled"].startswith(f"run {run_id} {'had moved' if moved else 'was stopped before'}")
    history = ask(bare, alias)
    assert (history["version"], history["moves"], history["moves_outside"]) == (2, 2, 0)
    assert history["by"] == ("Eve" if moved else "Dan")
    assert client(bare).get_run(run_id).info.status == "KILLED"


@pytest.mark.slow
def test_a_rollback_that_was_stopped_after_its_move_goes_no_further_when_it_is_repeated(
    bare: Project,
) -> None:
    alias = "Once"
    for version in (1, 2, 3):
        assert promote(bare, alias=alias, version=version).code == 0
    back = ("job.rollback=true", "job.reason=it forgot its customers")
    stopped(bare, promote(bare, *back, alias=alias).outcome["run_id"], moved=True)
    for _ in range(2):
        assert promote(bare, *back, alias=alias).outcome["facts"]["nothing_moved"].endswith("2 already")
    assert promote(bare, back[0], "job.reason=further back", alias=alias).outcome["facts"]["to_version"] == 1


def test_a_version_whose_training_was_stopped_is_promoted_only_where_the_config_allows_it(
    bare: Project,
) -> None:
    store = client(bare)
    run_id = store.get_model_version("churn", "3").run_id
    store.update_run(run_id, "KILLED")
    refused = promote(bare, alias="Whole", version=3)
    allowed = promote(bare, "job.allow_unfinished=true", alias="Whole", version=3)
    store.update_run(run_id, "FINISHED")
    why = f"the training of churn version 3 (run {run_id}) was stopped after it had registered the version"
    hint = "train again, or write allow_unfinished: true"
    assert (refused.code, refused.outcome["facts"]["reasons"]) == (10, f"{why}; {hint}")
    assert (allowed.code, allowed.outcome["facts"]["unfinished"]) == (0, why)


def test_no_alias_moves_before_its_last_move(bare: Project) -> None:
    ended = promote(bare, alias="Early", version=1)
    client(bare).set_tag(ended.outcome["run_id"], "mxt.alias_at", "2999-01-01T00:00:00+00:00")
    reasons = "the clock was moved back: the alias was moved at 2999-01-01 00:00 UTC, which is to come"
    ended = promote(bare, alias="Early", version=2)
    assert (ended.code, ended.outcome["facts"]["reasons"]) == (10, reasons)
    assert aliases_of(client(bare), "churn")["Early"] == 1


def test_the_moves_of_trainings_are_part_of_the_history(bare: Project) -> None:
    facts = ask(bare, "Challenger")
    assert (facts["version"], facts["moves"], facts["how"]) == (3, 3, "TrainingJob")
    assert facts["why"] == "its training kept the limits"
