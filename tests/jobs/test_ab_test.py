"""A/B tests as a person runs them: two versions, an observed variant, and experiments that went wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pydantic import ValidationError
from sklearn.metrics import recall_score

from mxt.errors import ConfigError, DataError, ModelError
from mxt.stats.assignment import assign
from runs import CHURN, LATER, make, run, train

TABLE = pd.read_csv(CHURN["path"], index_col="customerID")
VARIANT = {"column": "variant", "control": "A", "treatment": "B"}
CHURNED = {
    "KIND": "RateEndpoint",
    "column": "Churn",
    "value": "Yes",
    "higher_is_better": False,
    "margin": 0.03,
    "hypothesis": "superiority",
}
CHARGES = {"KIND": "MeanEndpoint", "column": "MonthlyCharges", "higher_is_better": True, "margin": 2.0}
RECALL = {"KIND": "QualityEndpoint", "score": "recall", "margin": 0.1}
ACCURACY = {"KIND": "QualityEndpoint", "score": "accuracy", "margin": 0.05}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two versions: Champion, and Challenger which is better."""
    folder = tmp_path_factory.mktemp("ab")
    stump = {"KIND": "XgboostRecipe", "trees": 1, "depth": 1, "learning_rate": 0.3}
    train(folder, alias="Champion", recipe=stump, metrics=[])
    train(folder, alias="Challenger")
    return folder


def compare(root: Path, **fields: Any) -> dict[str, Any]:
    """The job's locals."""
    return run(root, "ABTestJob", **{"inputs": CHURN, "endpoints": [CHURNED, CHARGES], **fields})


def observed(root: Path, **fields: Any) -> dict[str, Any]:
    return compare(root, **{"variant": VARIANT, **fields})


def csv(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """A reader of a table with the column id."""
    table.to_csv(folder / "experiment.csv", index=False)
    return {"KIND": "CsvReader", "path": str(folder / "experiment.csv"), "id_column": "id", "missing": [""]}


def experiment(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """An experiment without an effect."""
    chance = np.random.default_rng(seed)
    arms = np.where(assign(map(str, range(rows)), "x", (0.5, 0.5)) == 0, "A", "B")
    bought = chance.random(rows) < 0.3
    return pd.DataFrame(
        {"id": range(rows), "arm": arms, "bought": bought.astype(int), "spent": chance.normal(10, 2, rows)}
    )


OUTCOMES = [
    {"KIND": "RateEndpoint", "column": "bought", "value": 1, "higher_is_better": True, "margin": 0.15},
    {"KIND": "MeanEndpoint", "column": "spent", "higher_is_better": True, "margin": 1.0},
]


def tried(root: Path, folder: Path, table: pd.DataFrame, **fields: Any) -> dict[str, Any]:
    variant = {"column": "arm", "control": "A", "treatment": "B"}
    return compare(
        root, **{"inputs": csv(folder, table), "variant": variant, "endpoints": OUTCOMES, **fields}
    )


def test_the_offer_that_keeps_customers_is_better(root: Path) -> None:
    result = observed(root)
    churned = TABLE["Churn"].eq("Yes").groupby(TABLE["variant"]).mean()
    results = result["results"]
    assert results.loc["Churn_Yes_rate", "effect"] == pytest.approx(churned["B"] - churned["A"], abs=1e-12)
    # The truth of this table: offer B lowers churn by 3.0 points on average.
    assert results.loc["Churn_Yes_rate", "low"] < -0.030 < results.loc["Churn_Yes_rate", "high"] < 0
    assert (result["verdict"], result["passed"]) == ("yes", True)
    assert result["facts"]["control_subjects"] == (TABLE["variant"] == "A").sum()


def test_the_run_holds_table_page_and_figure(root: Path) -> None:
    with make(root, "ABTestJob", inputs=CHURN, variant=VARIANT, endpoints=[CHURNED, CHARGES]) as job:
        result = job.run()
        run_id, client = job.context.run.run_id, job.context.client
    files = {file.path for file in client.list_artifacts(run_id)}
    assert {"ab_test.csv", "ab_test.md", "ab_test.png"} <= files
    page = Path(client.download_artifacts(run_id, "ab_test.md")).read_text()
    assert "variant B (treatment) against A (control): yes." in page
    for label, row in result["results"].iterrows():
        assert re.search(rf"\| {label} \| yes \|.*{row['effect']:.4g}", page)
        assert client.get_run(run_id).data.metrics[f"{label}_effect"] == row["effect"]


def test_each_row_is_predicted_by_the_version_of_its_arm(root: Path, tmp_path: Path) -> None:
    writer = {"KIND": "CsvWriter", "path": str(tmp_path / "arms.csv")}
    result = compare(
        root,
        inputs=LATER,
        salt="offer",
        versions={},
        endpoints=[ACCURACY, RECALL],
        assignments=writer,
        control_share=0.4,
    )
    arms = pd.read_csv(tmp_path / "arms.csv", index_col="subject")["arm"]
    rows = pd.read_csv(LATER["path"], index_col="customerID")
    expected = np.where(assign(rows.index, "offer", (0.4, 0.6)) == 0, "control", "treatment")
    assert (arms.loc[rows.index] == expected).all()
    # The stump of the champion predicts that everybody stays.
    control = rows.loc[arms.index[arms == "control"], "Churn"]
    assert result["results"].loc["accuracy", "control"] == pytest.approx((control == "No").mean(), abs=1e-12)
    assert result["results"].loc["recall", "control"] == 0
    with make(root, "ABTestJob", inputs=LATER, salt="offer", versions={}, endpoints=[RECALL]) as job:
        model = job.loader.load("models:/churn/2")  # type: ignore[attr-defined] # this job has one
        schema = job.loader.load_schema("models:/churn/2")  # type: ignore[attr-defined] # as above
        table = job.inputs.read()  # type: ignore[attr-defined] # as above
    treated = table.loc[arms.index[arms == "treatment"]]
    predicted = model.predict(schema.check(treated, "table"))["prediction"]
    recall = recall_score(treated["Churn"], predicted.astype(str), pos_label="Yes")
    assert result["results"].loc["recall", "treatment"] == pytest.approx(recall, abs=1e-12)
    assert result["passed"]
    assert (result["facts"]["control_version"], result["facts"]["treatment_version"]) == (1, 2)


def test_the_same_version_in_both_arms_is_an_a_a_test(root: Path) -> None:
    versions = {"control": "Challenger", "treatment": 2}
    result = compare(root, salt="a/a", versions=versions, endpoints=[ACCURACY])
    assert result["facts"]["same_version"] is True
    assert result["verdict"] == "yes"


def test_latency_compares_the_times_of_both_versions(root: Path) -> None:
    latency = {"KIND": "LatencyEndpoint", "margin": 20.0, "calls": 30, "warm_up": 2, "share": 0.5}
    contrast = compare(root, salt="x", versions={}, endpoints=[latency])["findings"][0]
    assert (contrast.control_n, contrast.treatment_n) == (30, 30)
    assert contrast.control > 0.01
    assert contrast.effect == pytest.approx(contrast.treatment / contrast.control, rel=1e-9)
    with pytest.raises(ConfigError, match=r"LatencyEndpoint .* both arms; give the job `versions`"):
        compare(root, salt="x", endpoints=[latency])


def test_the_same_experiment_gives_the_same_bytes_in_any_order(root: Path, tmp_path: Path) -> None:
    written = []
    for place, table in enumerate((experiment(), experiment().sample(frac=1, random_state=1))):
        results = {"KIND": "CsvWriter", "path": str(tmp_path / f"{place}.csv")}
        tried(root, tmp_path, table, results=results)
        written.append((tmp_path / f"{place}.csv").read_bytes())
    assert written[0] == written[1]


def test_a_lost_arm_is_a_mismatch_and_nothing_else_is_reported(root: Path, tmp_path: Path) -> None:
    table = experiment(4000)
    lost = (table["arm"] == "B") & (table["bought"] == 0) & (table["id"] % 5 == 0)
    result = tried(root, tmp_path, table[~lost])
    assert not result["passed"]
    assert result["verdict"] == "no"
    assert "nothing else can be trusted" in result["facts"]["mismatch"]
    assert result["results"]["effect"].isna().all()
    assert tried(root, tmp_path, table)["verdict"] == "yes"


def test_rows_of_one_subject_count_as_one_subject(root: Path, tmp_path: Path) -> None:
    once = experiment().assign(customer=lambda table: "c" + table["id"].astype(str))
    again = pd.concat([once] * 4, ignore_index=True).assign(id=lambda table: range(len(table)))
    alone, copied, naive = (
        tried(root, tmp_path, table, subject=subject)["results"].loc["spent_mean"]
        for table, subject in ((once, "customer"), (again, "customer"), (again, None))
    )
    assert copied["control_n"] == alone["control_n"]
    assert copied[["effect", "low", "high"]].tolist() == pytest.approx(
        alone[["effect", "low", "high"]].tolist(), rel=1e-9
    )
    assert naive["high"] - naive["low"] < 0.55 * (alone["high"] - alone["low"])


def test_an_experiment_that_is_too_small_says_how_many_it_needs(root: Path, tmp_path: Path) -> None:
    strict = [{**OUTCOMES[0], "margin": 0.01}]
    result = tried(root, tmp_path, experiment(200), endpoints=strict)
    assert (result["verdict"], result["passed"]) == ("inconclusive", False)
    needed = int(result["results"]["needed_control"].iloc[0])
    assert f"needs {needed} and" in result["facts"]["bought_1_rate"]
    # Twice the variance of a rate near 0.3, times the square of 1.645 + 0.842 over the margin.
    assert needed == pytest.approx(2 * 0.21 * (2.486 / 0.01) ** 2, rel=0.15)


def test_a_look_is_held_against_its_part_of_the_level(root: Path, tmp_path: Path) -> None:
    looks = {"planned": 5, "look": 2, "spending": "obrien_fleming"}
    result = tried(root, tmp_path, experiment(), looks=looks, level=0.025)["findings"][0]
    # The normal tail beyond 3.3569, the second critical value of that law.
    assert result.level == pytest.approx(0.000394, rel=0.01)
    assert result.confidence == pytest.approx(1 - 2 * result.level, rel=1e-9)


def test_logged_predictions_need_no_model(root: Path, tmp_path: Path) -> None:
    table = experiment().assign(served=lambda table: (table["spent"] > 9).astype(int))
    accuracy = {**ACCURACY, "margin": 0.2}
    result = tried(root, tmp_path, table, prediction="served", target="bought", endpoints=[accuracy])
    right = (table["served"] == table["bought"]).groupby(table["arm"]).mean()
    assert result["results"].loc["accuracy", "control"] == pytest.approx(right["A"], abs=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": "A"}, "the treatment arm has none of the 600 rows"),
        ({"arm": "secret"}, "in 600 of 600 rows column 'arm' holds neither 'A' nor 'B'"),
        ({"arm": np.nan}, "in 600 of 600 rows column 'arm' holds neither"),
        ({"spent": np.r_[np.nan, np.ones(599)]}, "column 'spent' misses 1 of"),
        ({"spent": "secret"}, "column 'spent' holds no numbers"),
        ({"bought": 0}, "no row has the value 1 in column 'bought'"),
    ],
)
def test_bad_tables_are_refused_by_numbers_and_not_by_cells(
    root: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        tried(root, tmp_path, experiment().assign(**change))
    assert "secret" not in str(caught.value)


def test_absent_columns_are_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no columns \['arm', 'spent'\]; it has"):
        tried(root, tmp_path, experiment().drop(columns=["arm", "spent"]))


def test_subjects_in_both_arms_or_in_none_are_refused(root: Path, tmp_path: Path) -> None:
    shared = experiment().assign(customer=lambda table: table["id"] // 2)
    with pytest.raises(DataError, match=r"\d+ subjects have rows in both arms"):
        tried(root, tmp_path, shared, subject="customer")
    with pytest.raises(DataError, match="misses the subject of 1 of 600 rows"):
        tried(root, tmp_path, experiment().assign(customer=["", *["x"] * 599]), subject="customer")
    with pytest.raises(DataError, match="decimal numbers, which have no one text"):
        tried(root, tmp_path, experiment().assign(customer=np.arange(600) + 0.5), subject="customer")


def test_one_class_is_refused(root: Path, tmp_path: Path) -> None:
    table = experiment().assign(truth="no", served="no")
    with pytest.raises(DataError, match="'truth' is the same in all 600"):
        tried(root, tmp_path, table, prediction="served", target="truth", endpoints=[RECALL])


def test_configs_that_cannot_be_run_are_refused(root: Path) -> None:
    for fields in ({}, {"variant": VARIANT, "salt": "x"}):
        with pytest.raises(ValidationError, match="name one of the two"):
            compare(root, **fields)
    with pytest.raises(ConfigError, match="Churn_Yes_rate stands there more than once"):
        observed(root, endpoints=[CHURNED, CHURNED])
    with pytest.raises(ValidationError, match="are the same value"):
        observed(root, variant={**VARIANT, "treatment": "A"})
    with pytest.raises(ConfigError, match="look 3 is none of the 2 planned"):
        observed(root, looks={"planned": 2, "look": 3})
    with pytest.raises(ConfigError, match="recall: there are no predictions"):
        observed(root, endpoints=[RECALL])
    with pytest.raises(ConfigError, match="it is not known which column is predicted"):
        observed(root, endpoints=[RECALL], prediction="Churn")
    with pytest.raises(ModelError, match="no alias or version 'Nobody'"):
        observed(root, versions={"control": "Nobody"})


def test_versions_of_different_targets_need_the_target(root: Path) -> None:
    train(root, alias="Other", metrics=[], target="Partner")
    fields: dict[str, Any] = {"salt": "x", "versions": {"treatment": "Other"}, "endpoints": [ACCURACY]}
    with pytest.raises(ConfigError, match=r"predicts 'Churn', but .* predicts 'Partner'"):
        compare(root, **fields)
    assert compare(root, **fields, target="Churn")["findings"]


def test_predictions_that_are_none_of_the_truths_classes_are_refused(root: Path, tmp_path: Path) -> None:
    table = experiment().assign(
        truth=lambda table: table["bought"].map({1: "Yes", 0: "No"}), served=lambda table: table["bought"]
    )
    with pytest.raises(DataError, match="control arm have 2 classes, none of which is among the 2"):
        tried(root, tmp_path, table, prediction="served", target="truth", endpoints=[ACCURACY])


def test_a_salt_needs_subjects_that_have_names(root: Path) -> None:
    rows = {**CHURN, "id_column": None}
    with pytest.raises(ValidationError, match="a row's number is none"):
        compare(root, inputs=rows, salt="x")
    assert compare(root, inputs=rows, salt="x", subject="customerID")["findings"]
    assert compare(root, inputs=rows, variant=VARIANT)["findings"]


def test_subjects_that_were_inferred_to_be_integers_are_warned_of(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arms = []
    for reading in ("inferred", "exact"):
        table = experiment().assign(id=lambda table: table["id"].astype(str).str.zfill(6))
        inputs = {**csv(tmp_path, table.drop(columns="arm")), "reading": reading}
        writer = {"KIND": "CsvWriter", "path": str(tmp_path / "arms.csv")}
        capsys.readouterr()
        compare(root, inputs=inputs, salt="x", endpoints=OUTCOMES, assignments=writer)
        warned = "types: {id: string}" in capsys.readouterr().err
        arms.append((warned, pd.read_csv(tmp_path / "arms.csv", dtype=str)))
    (warned, _), (silent, texts) = arms
    assert (warned, silent) == (True, False)
    expected = np.where(assign(texts["subject"], "x", (0.5, 0.5)) == 0, "control", "treatment")
    assert texts["subject"].str.len().eq(6).all()
    assert (texts["arm"] == expected).all()


def test_the_id_column_is_nothing_else(root: Path) -> None:
    for fields in (
        {"variant": {**VARIANT, "column": "customerID"}},
        {"endpoints": [{**CHURNED, "column": "customerID"}]},
    ):
        with pytest.raises(ConfigError, match="'customerID' is the `id_column` of the inputs"):
            observed(root, **fields)


@pytest.mark.filterwarnings("ignore:constrained_layout")
@pytest.mark.parametrize("name", ["/p", "..", "a//b", "./x", "p:q", "n" * 300])
def test_any_column_can_be_an_outcome(root: Path, tmp_path: Path, name: str) -> None:
    endpoints = [{**OUTCOMES[1], "column": name}]
    result = tried(root, tmp_path, experiment().rename(columns={"spent": name}), endpoints=endpoints)
    assert result["results"].index.tolist() == [f"{name}_mean"]


def test_both_hypotheses_of_an_outcome_stand_in_one_experiment(root: Path) -> None:
    equal = {**CHURNED, "hypothesis": "non_inferiority"}
    result = observed(root, endpoints=[CHURNED, equal, {**equal, "value": "No", "higher_is_better": True}])
    names = ["Churn_Yes_rate_superiority", "Churn_Yes_rate_non_inferiority", "Churn_No_rate"]
    assert result["results"].index.tolist() == names
    assert {*names} <= {*result["facts"]}


def test_the_page_of_several_claims_says_what_their_power_is_of(root: Path) -> None:
    more = {**CHARGES, "hypothesis": "superiority"}
    with make(root, "ABTestJob", inputs=CHURN, variant=VARIANT, endpoints=[CHURNED, more]) as job:
        result = job.run()
        run_id, client = job.context.run.run_id, job.context.client
    page = Path(client.download_artifacts(run_id, "ab_test.md")).read_text()
    assert "intervals are those of a single test" in page
    assert "are those at 0.025," in page
    assert result["results"]["power"].notna().all()


def test_a_ratio_that_has_no_end_ends_without_a_crash(root: Path, tmp_path: Path) -> None:
    endpoints = [{**OUTCOMES[1], "scale": "ratio", "margin": 0.1}]
    centred = experiment().assign(spent=lambda table: table["spent"] - table["spent"].mean() + 1e-6)
    assert tried(root, tmp_path, centred, endpoints=endpoints)["verdict"] == "inconclusive"
    large = experiment().assign(spent=lambda table: table["spent"] * 1e200)
    assert tried(root, tmp_path, large, endpoints=endpoints)["verdict"] in {"yes", "inconclusive"}
    hard = [{**OUTCOMES[1], "margin": 1e-200}]
    assert tried(root, tmp_path, experiment(), endpoints=hard)["verdict"] == "inconclusive"


def test_a_run_is_tied_to_the_version_that_is_tried(root: Path) -> None:
    with make(root, "ABTestJob", inputs=CHURN, salt="x", versions={}, endpoints=[ACCURACY]) as job:
        job.run()
        run_id, client = job.context.run.run_id, job.context.client
    assert isinstance(client, MlflowClient)
    assert client.get_run(run_id).data.tags["mxt.model_version"] == "2"
