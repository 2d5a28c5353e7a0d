"""The positive class through the jobs: recorded with a version, scored by each job, and said by each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs

from conftest import Ended, Project
from deliveries import deliveries, reader
from mxt.errors import ConfigError
from mxt.models import Model
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import run

STRATIFIED = {"KIND": "StratifiedSplitter"}
RECIPE = {"KIND": "XgboostRecipe", "trees": 30, "depth": 3, "learning_rate": 0.3}
QUICK = {"resamples": 300}


def scorer(name: str, **fields: Any) -> dict[str, Any]:
    return {"KIND": "SklearnMetric", "name": name, **fields}


def train(root: Path, alias: str, **fields: Any) -> dict[str, Any]:
    told = {
        "inputs": reader(root, 2000, 1),
        "target": "arrival",
        "exclude": ["arm"],
        "splitter": STRATIFIED,
        "recipe": RECIPE,
        "alias": alias,
    }
    return run(root, "TrainingJob", **{**told, **fields})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three versions: registered with "late", with "on time", and without a positive class."""
    folder = tmp_path_factory.mktemp("positive")
    train(folder, "Late", positive="late")
    train(folder, "OnTime", positive="on time", recipe={**RECIPE, "trees": 10})
    train(folder, "Plain", recipe={**RECIPE, "trees": 20})
    return folder


@pytest.fixture
def root(store: Path) -> Path:
    """The store of `store`, from which models are loaded."""
    mlflow.set_tracking_uri(f"sqlite:///{store}/mlflow.db")
    return store


def warned(capsys: pytest.CaptureFixture[str], words: str) -> list[str]:
    """The warnings since the last call that hold some words."""
    return [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line and words in line]


def evaluate(root: Path, **fields: Any) -> dict[str, Any]:
    told = {
        "inputs": reader(root, 2000, 1),
        "splitter": STRATIFIED,
        "alias_or_version": "Late",
        "metrics": [scorer("f1")],
        "intervals": QUICK,
    }
    return run(root, "EvaluationsJob", **{**told, **fields})


def latest(job: str) -> Any:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("churn")
    return client.search_runs([experiment.experiment_id], f"tags.`mxt.job` = '{job}'")[0]


def page(job: str, file: str) -> str:
    return str(mlflow.artifacts.load_text(f"runs:/{latest(job).info.run_id}/{file}"))


def predicted(version: int, table: pd.DataFrame) -> pd.DataFrame:
    """What a version says of deliveries, beside the truth."""
    rows = table.set_index("order")
    schema = MlflowLoader().load_schema(f"models:/churn/{version}")
    assert schema is not None
    predictions = MlflowLoader().load(f"models:/churn/{version}").predict(schema.check(rows, "deliveries"))
    return predictions.assign(truth=rows["arrival"])


def by_scikit_learn(rows: pd.DataFrame, positive: str) -> dict[str, float]:
    """Scores with `pos_label`, by the names of the scorers."""
    truth, told, share = rows["truth"], rows["prediction"], rows[f"probability_{positive}"]
    return {
        "f1": theirs.f1_score(truth, told, pos_label=positive),
        "precision": theirs.precision_score(truth, told, pos_label=positive),
        "recall": theirs.recall_score(truth, told, pos_label=positive),
        "jaccard": theirs.jaccard_score(truth, told, pos_label=positive),
        "average_precision": theirs.average_precision_score(truth, share, pos_label=positive),
        "neg_brier_score": -theirs.brier_score_loss(truth, share, pos_label=positive),
        "roc_auc": theirs.roc_auc_score(truth == positive, share),
    }


LIFE = """
job:
  KIND: {kind}
  mlflow_service: {{experiment_name: churn, registry_name: churn}}
"""
READ = """  inputs: {{KIND: CsvReader, path: {path}, id_column: order}}
"""
NAMES = ("f1", "precision", "recall", "jaccard", "average_precision", "neg_brier_score", "roc_auc")
ALL = "[" + ", ".join(f"{{KIND: SklearnMetric, name: {name}}}" for name in NAMES) + "]"
LATER = deliveries(3000, 2)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose version was trained from the command line to find what is late."""
    folder = tmp_path_factory.mktemp("life")
    (folder / "confs").mkdir()
    deliveries(2000, 1).to_csv(folder / "table.csv", index=False)
    LATER.to_csv(folder / "later.csv", index=False)
    project = Project(folder)
    ended = command(
        project,
        "TrainingJob",
        f"""
  target: arrival
  exclude: [arm]
  splitter: {{KIND: StratifiedSplitter}}
  recipe: {{KIND: XgboostRecipe, trees: 30, depth: 3, learning_rate: 0.3}}
  metrics: {ALL}
  positive: late
  alias: Champion
""",
        "table.csv",
    )
    assert "WARNING" not in ended.err
    return project


def command(project: Project, kind: str, fields: str, path: str = "") -> Ended:
    """Run a job of the project from the command line; it ends well, and says which class is late."""
    project.config(f"{kind}.yaml", LIFE.format(kind=kind) + (READ.format(path=path) if path else "") + fields)
    ended = project.here(kind)
    assert ended.code == 0, ended.err
    assert "  positive: late\n" in ended.err
    assert ended.outcome["facts"]["positive"] == "late"
    return ended


def test_an_evaluation_from_the_command_line_scores_the_rare_class(life: Project) -> None:
    fields = f"""
  metrics: {ALL}
  segments: [{{column: district, metrics: {ALL}}}]
  evaluations: {{KIND: CsvWriter, path: scores.csv}}
"""
    command(life, "EvaluationsJob", fields, "later.csv")
    rows = predicted(1, LATER)
    scores = pd.read_csv(life.root / "scores.csv", index_col="metric")
    for name, score in by_scikit_learn(rows, "late").items():
        result = scores.loc[name].to_dict()
        assert result["score"] == pytest.approx(score, abs=1e-12)
        assert result["low"] < score < result["high"]
    of_one = [name for name in NAMES if name not in {"neg_brier_score", "roc_auc"}]
    assert scores["positive"].dropna().to_dict() == dict.fromkeys(of_one, "late")
    assert "| f1 of class late |" in page("EvaluationsJob", "evaluation.md")
    run_id = latest("EvaluationsJob").info.run_id
    cells = pd.read_csv(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="segments.csv"))
    for cell, part in cells.groupby("cell"):
        expected = by_scikit_learn(rows[(LATER["district"] == cell).to_numpy()], "late")
        assert dict(zip(part["metric"], part["score"], strict=True)) == pytest.approx(expected, abs=1e-12)


def test_a_certification_from_the_command_line_scores_the_rare_class(life: Project) -> None:
    fields = """
  alias_or_version: Champion
  workers: 1
  criteria:
    - {KIND: MetricCriterion, metric: {KIND: SklearnMetric, name: recall, minimum: 0.01}}
    - {KIND: BootstrapCriterion, metric: {KIND: SklearnMetric, name: f1, minimum: 0.01}, resamples: 300}
    - {KIND: FairnessCriterion, columns: [{column: district}], minimum_rows: 5,
       limits: {equal_opportunity_difference: 1.0}}
"""
    command(life, "CertificationJob", fields)
    expected = by_scikit_learn(predicted(1, rows_held_out(deliveries(2000, 1))), "late")
    result = latest("CertificationJob").data.metrics
    assert result["recall"] == pytest.approx(expected["recall"], abs=1e-12)
    assert result["bootstrap_f1"] == pytest.approx(expected["f1"], abs=1e-12)
    assert page("CertificationJob", "certification.md").count("positive class 'late'") == 3


def test_an_experiment_from_the_command_line_compares_the_rare_class(life: Project) -> None:
    fields = """
  variant: {column: arm, control: A, treatment: B}
  versions: {control: Champion, treatment: Champion}
  endpoints:
    - {KIND: QualityEndpoint, score: precision, margin: 0.3}
    - {KIND: QualityEndpoint, score: recall, margin: 0.3}
    - {KIND: QualityEndpoint, score: f1, margin: 0.3}
  results: {KIND: CsvWriter, path: results.csv}
"""
    command(life, "ABTestJob", fields, "later.csv")
    results, rows = pd.read_csv(life.root / "results.csv", index_col="endpoint"), predicted(1, LATER)
    for name, arm in (("control", "A"), ("treatment", "B")):
        expected = by_scikit_learn(rows[(LATER["arm"] == arm).to_numpy()], "late")
        for score in ("precision", "recall", "f1"):
            assert results.loc[score, name] == pytest.approx(expected[score], abs=1e-12)
    assert set(results["positive"]) == {"late"}
    assert "| recall of class late | yes |" in page("ABTestJob", "ab_test.md")


def rows_held_out(table: pd.DataFrame) -> pd.DataFrame:
    from mxt.datasets.splitters.stratified import StratifiedSplitter

    kept = StratifiedSplitter().split(table.set_index("order"), "arrival").test
    return kept.reset_index()


def test_a_version_keeps_its_positive_class_and_one_without_is_scored_as_before(root: Path) -> None:
    loader = MlflowLoader()
    kept = [loader.load(f"models:/churn/{version}").positive for version in (1, 2, 3)]
    assert kept == ["late", "on time", None]
    rows = rows_held_out(deliveries(2000, 1))
    for alias, version, positive in (("Late", 1, "late"), ("OnTime", 2, "on time"), ("Plain", 3, "on time")):
        result = evaluate(root, alias_or_version=alias)
        expected = by_scikit_learn(predicted(version, rows), positive)["f1"]
        assert result["evaluations"].loc["f1", "score"] == pytest.approx(expected, abs=1e-12)
        assert result["facts"]["positive"] == positive
        assert latest("EvaluationsJob").data.tags["mxt.positive.f1"] == positive


def test_the_job_says_it_over_the_version_and_the_metric_over_the_job(root: Path) -> None:
    metrics = [scorer("f1"), scorer("f1", positive="late"), scorer("accuracy"), scorer("roc_auc")]
    result = evaluate(root, positive="on time", metrics=metrics)
    expected = {
        name: by_scikit_learn(predicted(1, rows_held_out(deliveries(2000, 1))), name)
        for name in ("late", "on time")
    }
    scores = result["evaluations"]["score"]
    assert scores["f1"] == pytest.approx(expected["on time"]["f1"], abs=1e-12)
    assert scores["f1_late"] == pytest.approx(expected["late"]["f1"], abs=1e-12)
    assert result["facts"]["positive"] == "on time (f1), late (f1_late)"
    assert result["evaluations"]["positive"].tolist() == ["on time", "late", "", ""]


def test_nothing_is_said_of_a_class_where_no_score_is_about_one(root: Path) -> None:
    result = evaluate(root, metrics=[scorer("roc_auc"), {"KIND": "BrierMetric"}, {"KIND": "GiniMetric"}])
    assert "positive" not in result["facts"]
    assert "positive" not in result["evaluations"].columns
    assert not [tag for tag in latest("EvaluationsJob").data.tags if tag.startswith("mxt.positive")]


def test_two_versions_are_compared_by_one_class(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_held_out(deliveries(2000, 1))
    result = evaluate(root, baseline={"alias_or_version": "OnTime"})
    first, second = (by_scikit_learn(predicted(version, rows), "late")["f1"] for version in (1, 2))
    row = result["evaluations"].loc["f1"]
    assert (row["score"], row["baseline"]) == pytest.approx((first, second), abs=1e-12)
    assert row["better_by"] == pytest.approx(first - second, abs=1e-12)
    assert len(warned(capsys, "registered with the positive class 'on time'")) == 1
    evaluate(root, baseline={"alias_or_version": "OnTime"}, positive="late")
    evaluate(root, baseline={"alias_or_version": "Plain"})
    assert not warned(capsys, "registered with")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"positive": "Late"}, r"no class 'Late'; its classes are \['late', 'on time'\]"),
        ({"positive": 1}, "no class '1'"),
        ({"metrics": [scorer("recall", positive="Late")]}, r"which is none of \['late', 'on time'\]"),
    ],
)
def test_a_class_that_is_none_is_refused_before_anything_is_fitted(
    root: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        train(root, "Never", **fields)
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match=message):
        evaluate(root, **fields)
    later = {"inputs": reader(root, 400, 2), "variant": {"column": "arm", "control": "A", "treatment": "B"}}
    endpoint = {"KIND": "QualityEndpoint", "score": "recall", "margin": 0.1}
    if "positive" in fields:
        with pytest.raises(ConfigError, match=message):
            run(
                root,
                "ABTestJob",
                endpoints=[endpoint],
                versions={"control": 1, "treatment": 2},
                **later,
                **fields,
            )
        criteria = [{"KIND": "MetricCriterion", "metric": scorer("f1", minimum=0.1)}]
    else:
        criteria = [{"KIND": "PermutationCriterion", "metric": fields["metrics"][0]}]
    told = {name: value for name, value in fields.items() if name == "positive"}
    with pytest.raises(ConfigError, match=message):
        run(root, "CertificationJob", alias_or_version="Late", criteria=criteria, workers=1, **told)


def test_a_model_of_numbers_has_no_positive_class(root: Path) -> None:
    regression = {"target": "hour", "recipe": {**RECIPE, "task": "regression"}, "metrics": []}
    with pytest.raises(ConfigError, match="it predicts numbers; leave `positive` out"):
        train(root, "Never", positive="late", **regression)


def test_two_texts_of_which_none_is_named_are_warned_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = [scorer("f1"), scorer("recall"), scorer("roc_auc")]
    result = train(tmp_path, "Plain", metrics=metrics)
    told = warned(capsys, "alphabetical order")
    assert len(told) == 1
    assert "the positive class of f1, recall is 'on time'" in told[0]
    assert "set `positive`" in told[0]
    assert result["facts"]["positive"] == "on time"
    train(tmp_path, "Plain", metrics=[scorer("f1")], positive="late")
    train(tmp_path, "Plain", metrics=[scorer("f1", positive="late"), scorer("roc_auc")])
    train(tmp_path, "Plain")
    assert not warned(capsys, "alphabetical order")


def test_whole_numbers_have_an_order_and_are_not_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = deliveries(2000, 1)
    table["arrival"] = (table["arrival"] == "late").astype(int)
    table.to_csv(tmp_path / "numbers.csv", index=False)
    inputs = {"KIND": "CsvReader", "path": str(tmp_path / "numbers.csv"), "id_column": "order"}
    result = train(tmp_path, "Numbers", inputs=inputs, metrics=[scorer("recall")])
    assert result["facts"]["positive"] == "1"
    assert not warned(capsys, "alphabetical order")
    for given in (0, "0"):
        zero = train(tmp_path, "Numbers", inputs=inputs, metrics=[scorer("recall")], positive=given)
        assert zero["facts"]["positive"] == "0"
        assert zero["scores"]["recall"] > result["scores"]["recall"]
        assert zero["model"].positive == "0"


def test_trials_are_compared_by_the_class(root: Path) -> None:
    tuned = {
        "inputs": reader(root, 2000, 1),
        "target": "arrival",
        "exclude": ["arm"],
        "splitter": STRATIFIED,
        "recipe": RECIPE,
        "search": {"KIND": "GridSearch", "values": {"depth": [1, 3]}, "folds": 3},
        "metrics": [scorer("recall")],
        "workers": 2,
        "trials": {"KIND": "CsvWriter", "path": "trials.csv"},
    }
    rare, usual = (run(root, "TuningJob", **tuned, positive=name) for name in ("late", "on time"))
    assert rare["facts"]["cv_recall"] < usual["facts"]["cv_recall"]
    assert (rare["facts"]["positive"], rare["model"].positive) == ("late", "late")
    assert set(pd.read_csv(root / "trials.csv")["positive"]) == {"on time"}
    assert "recall of the class on time" in page("TuningJob", "tuning.md")
    plain = run(root, "TuningJob", **{**tuned, "metrics": [scorer("roc_auc")]})
    assert "positive" not in plain["facts"]
    assert "positive" not in pd.read_csv(root / "trials.csv").columns


def test_criteria_that_train_again_score_the_class(root: Path) -> None:
    refits = [
        {
            "KIND": "CrossValidationCriterion",
            "metric": scorer("recall", minimum=0.6),
            "maximum_deviation": 0.5,
            "folds": 3,
            "repeats": 1,
        },
        {"KIND": "PermutationCriterion", "metric": scorer("f1"), "permutations": 20, "folds": 3},
    ]
    certify = {"criteria": refits, "workers": 2}
    rare = run(root, "CertificationJob", alias_or_version="Late", **certify)
    usual = run(root, "CertificationJob", alias_or_version="Late", positive="on time", **certify)
    means = [result["assessments"][0].value for result in (rare, usual)]
    assert means[0] + 0.2 < means[1]
    for result, positive in ((rare, "late"), (usual, "on time")):
        assert result["facts"]["positive"] == positive
        notes = [part.note for part in result["assessments"] if part.note]
        assert all(note.endswith(f"; positive class {positive!r}") for note in notes)
        assert len(notes) >= 2


def test_fairness_takes_the_class_of_the_version_and_has_no_other_default(root: Path) -> None:
    fair = {
        "KIND": "FairnessCriterion",
        "columns": [{"column": "district"}],
        "minimum_rows": 5,
        "limits": {"demographic_parity_difference": 1.0},
    }
    of_version = run(root, "CertificationJob", alias_or_version="Late", criteria=[fair])
    named = run(root, "CertificationJob", alias_or_version="Plain", criteria=[{**fair, "positive": "late"}])
    of_job = run(root, "CertificationJob", alias_or_version="Plain", criteria=[fair], positive="late")
    assert named["assessments"] == of_job["assessments"]
    assert "positive class 'late'" in of_version["assessments"][0].note
    with pytest.raises(ConfigError, match="no `positive` class is named for the model; its classes are"):
        run(root, "CertificationJob", alias_or_version="Plain", criteria=[fair])


def test_arms_are_compared_by_one_class(root: Path) -> None:
    later = deliveries(3000, 2)
    endpoints = [{"KIND": "QualityEndpoint", "score": "recall", "margin": 0.3}]
    fields = {
        "inputs": reader(root, 3000, 2),
        "variant": {"column": "arm", "control": "A", "treatment": "B"},
        "endpoints": endpoints,
    }
    both = "differ, churn version 1 with 'late' and churn version 2 with 'on time'"
    with pytest.raises(ConfigError, match=both):
        run(root, "ABTestJob", **fields, versions={"control": 1, "treatment": 2})
    for versions, given, positive in (
        ({"control": 1, "treatment": 2}, {"positive": "late"}, "late"),
        ({"control": 3, "treatment": 1}, {}, "late"),
        ({"control": 3, "treatment": 3}, {}, "on time"),
    ):
        result = run(root, "ABTestJob", **fields, versions=versions, **given)
        rows = predicted(versions["control"], later)[(later["arm"] == "A").to_numpy()]
        expected = by_scikit_learn(rows, positive)["recall"]
        assert result["results"].loc["recall", "control"] == pytest.approx(expected, abs=1e-12)
        assert result["facts"]["positive"] == positive
        assert result["results"].loc["recall", "positive"] == positive
    each = [{**endpoints[0], "positive": name} for name in ("late", "on time")]
    result = run(root, "ABTestJob", **{**fields, "endpoints": each}, versions={"control": 1, "treatment": 2})
    assert result["results"]["positive"].to_dict() == {"recall_late": "late", "recall_on time": "on time"}
    accuracy = [{"KIND": "QualityEndpoint", "score": "accuracy", "margin": 0.3}]
    result = run(
        root, "ABTestJob", **{**fields, "endpoints": accuracy}, versions={"control": 1, "treatment": 2}
    )
    assert "positive" not in result["results"].columns
    assert "positive" not in result["facts"]


def test_served_predictions_are_scored_by_the_class_of_the_job(root: Path, tmp_path: Path) -> None:
    later = deliveries(3000, 2)
    later["served"] = np.where(later["distance"] > 1, "late", "on time")
    later.to_csv(tmp_path / "served.csv", index=False)
    result = run(
        root,
        "ABTestJob",
        inputs={"KIND": "CsvReader", "path": str(tmp_path / "served.csv"), "id_column": "order"},
        variant={"column": "arm", "control": "A", "treatment": "B"},
        prediction="served",
        target="arrival",
        positive="late",
        endpoints=[{"KIND": "QualityEndpoint", "score": "precision", "margin": 0.3}],
    )
    control = later[later["arm"] == "A"]
    expected = theirs.precision_score(control["arrival"], control["served"], pos_label="late")
    assert result["results"].loc["precision", "control"] == pytest.approx(expected, abs=1e-12)


def test_permutation_importance_spoils_the_score_of_the_class(root: Path) -> None:
    told = {
        "inputs_samples": reader(root, 1500, 2),
        "models_explanations": {"KIND": "ParquetWriter", "path": "importances.parquet"},
        "samples_explanations": {"KIND": "ParquetWriter", "path": "samples.parquet"},
    }
    result = {}
    for alias in ("Late", "Plain"):
        importances = [
            {"KIND": "PermutationImportance", "metric": scorer("recall"), "repeats": 2},
            {"KIND": "PermutationImportance", "metric": scorer("recall", positive="late"), "repeats": 2},
        ]
        tables = run(root, "ExplanationsJob", alias_or_version=alias, importances=importances, **told)
        table = tables["models_explanations"]
        result[alias] = {
            method: (part["class"].iloc[0], part["importance"].tolist())
            for method, part in table.groupby("method")
        }
    assert result["Late"]["permutation_recall"] == result["Late"]["permutation_recall_late"]
    assert result["Plain"]["permutation_recall"][0] == "on time"
    assert result["Plain"]["permutation_recall_late"][0] == "late"
    assert result["Plain"]["permutation_recall"][1] != result["Plain"]["permutation_recall_late"][1]


def test_gates_do_not_compare_the_scores_of_two_classes(root: Path) -> None:
    promote = {"alias": "Best", "reason": "a test"}
    evaluate(root, alias_or_version="Late")
    evaluate(root, alias_or_version="OnTime")
    first = [{"KIND": "ThresholdGate", "metric": "f1", "minimum": 0.1, "positive": "late"}]
    asked = {**promote, "gates": first}
    assert run(root, "PromotionJob", alias_or_version=1, allow_first=True, **asked)["passed"]
    other = run(root, "PromotionJob", alias_or_version=2, **asked)
    assert not other["passed"]
    assert "f1 is about the class 'on time'; asked for is 'late'" in other["facts"]["reasons"]
    beat = {**promote, "gates": [{"KIND": "ChallengerGate", "metric": "f1"}]}
    refused = run(root, "PromotionJob", alias_or_version=2, **beat)
    assert not refused["passed"]
    assert "different classes, 'on time' and 'late'" in refused["facts"]["reasons"]
    evaluate(root, alias_or_version="OnTime", positive="late")
    lost = run(root, "PromotionJob", alias_or_version=2, **beat)["facts"]["reasons"]
    assert "f1 of the class 'late' is" in lost


@pytest.mark.usefixtures("root")
def test_the_model_of_a_job_knows_its_class_in_python() -> None:
    model = MlflowLoader().load("models:/churn/1")
    assert isinstance(model, Model)
    assert model.with_background(pd.DataFrame()).positive == "late"
    info = mlflow.models.get_model_info("models:/churn/3")
    assert "positive" not in json.dumps(info.metadata)
