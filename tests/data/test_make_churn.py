"""The churn data is what its page says: the files, the causes, the drift."""

import csv
import importlib.util
import io
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from types import ModuleType

import pandas as pd
import pytest

FILES = ("churn.csv", "churn_shifted.csv", "churn_later.csv")
DATA = Path(__file__).resolve().parents[2] / "data"
TELCO = [
    *("customerID", "gender", "SeniorCitizen", "Partner", "Dependents", "tenure", "PhoneService"),
    *("MultipleLines", "InternetService", "OnlineSecurity", "OnlineBackup", "DeviceProtection"),
    *("TechSupport", "StreamingTV", "StreamingMovies", "Contract", "PaperlessBilling", "PaymentMethod"),
    *("MonthlyCharges", "TotalCharges", "Churn"),
]
PAYMENTS = {"Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"}
YES_NO = {"Yes", "No"}
ADD_ONS = TELCO[9:15]

Row = dict[str, str]
Graph = dict[str, set[str]]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_churn", DATA / "make_churn.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = load()


def on_disk(file: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO((DATA / file).read_text("ascii"))))


def readme_table(first_heading: str) -> list[list[str]]:
    page = (DATA / "README.md").read_text("utf-8")
    body = page.split(f"\n| {first_heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


@pytest.fixture(scope="module")
def churn() -> list[Row]:
    return on_disk("churn.csv")


@pytest.fixture(scope="module")
def shifted() -> list[Row]:
    return on_disk("churn_shifted.csv")


@pytest.fixture(scope="module")
def later() -> list[Row]:
    return on_disk("churn_later.csv")


@pytest.fixture(scope="module")
def every(churn: list[Row], shifted: list[Row], later: list[Row]) -> list[Row]:
    return churn + shifted + later


def share(rows: list[Row], column: str, value: str) -> float:
    return fmean(row[column] == value for row in rows)


@pytest.mark.parametrize("world", make.WORLDS, ids=lambda world: world.file)
def test_the_files_on_disk_are_what_the_process_writes(world: object) -> None:
    assert not make.differs(world)


def run_copy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "make_churn.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_copy_of_the_script_writes_the_same_files_beside_itself(tmp_path: Path) -> None:
    shutil.copy(DATA / "make_churn.py", tmp_path)
    assert run_copy(tmp_path).returncode == 0
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (DATA / file).read_bytes()


def test_check_names_the_file_that_lost_one_byte_and_leaves_it_so(tmp_path: Path) -> None:
    for file in DATA.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    cut = (tmp_path / "churn.csv").read_bytes()[:-1]
    (tmp_path / "churn.csv").write_bytes(cut)
    checked = run_copy(tmp_path, "--check")
    assert checked.returncode == 1
    assert "churn.csv" in checked.stderr
    assert "churn_shifted.csv" not in checked.stderr
    assert (tmp_path / "churn.csv").read_bytes() == cut


def test_lines_end_in_newline_alone_and_no_cell_is_quoted() -> None:
    for file in FILES:
        text = (DATA / file).read_bytes()
        assert text.endswith(b"\n")
        assert b"\r" not in text
        assert b'"' not in text


def test_the_files_have_their_sizes_and_the_telco_columns_then_variant(
    churn: list[Row], shifted: list[Row], later: list[Row]
) -> None:
    assert (len(churn), len(shifted), len(later)) == (7043, 2000, 8000)
    assert list(churn[0]) == list(shifted[0]) == list(later[0]) == [*TELCO, "variant"]


def test_no_customer_is_in_the_files_twice(every: list[Row]) -> None:
    ids = [row["customerID"] for row in every]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9]{4}-[A-Z]{5}", name) for name in ids)


def test_no_two_customers_can_ever_share_an_id() -> None:
    assert make.IDS == 10_000 * 26**5
    assert math.gcd(make.ID_STRIDE, make.IDS) == 1


def test_each_column_holds_its_values_and_each_value_occurs(churn: list[Row]) -> None:
    expected = {
        "gender": {"Female", "Male"},
        "SeniorCitizen": {"0", "1"},
        **dict.fromkeys(("Partner", "Dependents", "PhoneService", "PaperlessBilling", "Churn"), YES_NO),
        "tenure": {str(month) for month in range(73)},
        "MultipleLines": YES_NO | {"No phone service"},
        "InternetService": {"DSL", "Fiber optic", "No"},
        **dict.fromkeys(ADD_ONS, YES_NO | {"No internet service"}),
        "Contract": {"Month-to-month", "One year", "Two year"},
        "PaymentMethod": PAYMENTS,
        "variant": {"A", "B"},
    }
    assert {column: {row[column] for row in churn} for column in expected} == expected


def test_eleven_total_charges_are_blank(churn: list[Row]) -> None:
    blank = [row for row in churn if row["TotalCharges"] == " "]
    assert len(blank) == 11
    assert blank == [row for row in churn if row["tenure"] == "0"]


def test_charges_have_at_most_two_decimals_and_no_trailing_zero(every: list[Row]) -> None:
    charges = [row["MonthlyCharges"] for row in every]
    charges += [row["TotalCharges"] for row in every if row["tenure"] != "0"]
    assert all(re.fullmatch(r"[1-9][0-9]*(\.[0-9]?[1-9])?", charge) for charge in charges)


def test_total_charges_are_tenure_times_monthly_charges_within_five_percent(every: list[Row]) -> None:
    for row in every:
        if row["tenure"] != "0":
            expected = int(row["tenure"]) * float(row["MonthlyCharges"])
            cent = 0.01
            assert 0.95 * expected - cent < float(row["TotalCharges"]) < 1.05 * expected + cent


def test_no_row_has_an_add_on_without_the_line_it_needs(churn: list[Row]) -> None:
    for row in churn:
        offline = row["InternetService"] == "No"
        assert all((row[name] == "No internet service") == offline for name in ADD_ONS)
        assert (row["MultipleLines"] == "No phone service") == (row["PhoneService"] == "No")
        assert row["PhoneService"] == "Yes" or row["InternetService"] == "DSL"


def test_no_row_lacks_a_cell_but_the_support_that_was_lost(every: list[Row]) -> None:
    assert {column for row in every for column, cell in row.items() if cell == ""} == {"TechSupport"}


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("Churn", "Yes", 0.265),
        ("variant", "B", 0.5),
        ("gender", "Male", 0.5),
        ("SeniorCitizen", "1", 0.16),
        ("Contract", "Month-to-month", 0.56),
        ("Contract", "Two year", 0.24),
        ("InternetService", "Fiber optic", 0.44),
        ("InternetService", "No", 0.22),
        ("PhoneService", "Yes", 0.90),
        ("PaperlessBilling", "Yes", 0.59),
        ("PaymentMethod", "Electronic check", 0.335),
    ],
)
def test_shares_are_those_of_a_telecom_firm(
    churn: list[Row], column: str, value: str, expected: float
) -> None:
    assert share(churn, column, value) == pytest.approx(expected, abs=0.02)


@pytest.fixture(scope="module")
def parents() -> Graph:
    graph = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[3])) for row in readme_table("column")}
    named = {name for row in readme_table("cause") for name in re.findall(r"`(\w+)`", row[0] + row[1])}
    return graph | {"Churn": named & set(graph)}


def descendants(parents: Graph, column: str) -> set[str]:
    reached = {column}
    while grown := {child for child, causes in parents.items() if causes & reached} - reached:
        reached |= grown
    return reached


def moved_by(name: str, customers: int = 600) -> set[str]:
    """Columns that change in some customer when this one draw is turned half a circle."""
    moved = set()
    for number, draw in enumerate(make.draws(make.CHURN)[:customers]):
        before = make.customer(draw, number, make.CHURN)
        after = make.customer(draw | {name: (draw[name] + 0.5) % 1}, number, make.CHURN)
        moved |= {column for column in before if before[column] != after[column]}
    return moved


@pytest.mark.parametrize("column", [*TELCO[1:], "variant"])
def test_a_draw_moves_what_the_page_says_and_nothing_else(column: str, parents: Graph) -> None:
    assert moved_by(column) == descendants(parents, column)


def test_gender_has_no_effect_on_churn(churn: list[Row]) -> None:
    other = {"Male": "Female", "Female": "Male"}
    for row in churn:
        assert make.churn_log_odds(row) == make.churn_log_odds(row | {"gender": other[row["gender"]]})


def test_variant_b_lowers_churn_by_three_points(churn: list[Row]) -> None:
    effects = [
        make.churn_probability(row | {"variant": "B"}) - make.churn_probability(row | {"variant": "A"})
        for row in churn
    ]
    assert fmean(effects) == pytest.approx(-0.03, abs=0.001)


def test_variant_is_drawn_independently_of_all_that_comes_before_churn(churn: list[Row]) -> None:
    table = pd.DataFrame(churn).drop(columns=["customerID", "Churn"])
    table["tenure"] = table["tenure"].astype(int) // 12
    table["MonthlyCharges"] = table["MonthlyCharges"].astype(float) // 20
    b = table.pop("variant").eq("B")
    for column in table.columns.drop("TotalCharges"):
        groups = b.groupby(table[column])
        expected, n = b.mean(), groups.size()
        distances = (groups.mean() - expected) / (expected * (1 - expected) / n) ** 0.5
        assert distances.abs().max() < 4, column


def test_the_page_gives_the_true_log_odds() -> None:
    written = {(cause.strip("`"), when): float(odds) for cause, when, odds in readme_table("cause")}
    values = {
        (column, value): odds
        for column, table in make.LOG_ODDS.items()
        for value, odds in table.items()
        if odds
    }
    assert {key: odds for key, odds in written.items() if key[0] in make.LOG_ODDS} == values
    single = {cause: odds for (cause, _), odds in written.items() if cause not in make.LOG_ODDS}
    assert single == {name: getattr(make, name) for name in single}
    assert len(single) == 5


def test_log_odds_of_one_customer_added_by_hand() -> None:
    row = {
        "SeniorCitizen": "1",
        "tenure": "6",
        "InternetService": "Fiber optic",
        "OnlineSecurity": "No",
        "TechSupport": "No",
        "Contract": "Month-to-month",
        "PaperlessBilling": "Yes",
        "PaymentMethod": "Electronic check",
        "MonthlyCharges": "75",
        "variant": "B",
    }
    by_hand = -0.55 + 0.25 + 0.45 + 0.3 + 0.45 - 0.23 - 0.15 + 0.15 + 0.35 + 0.5
    assert make.churn_log_odds(row) == pytest.approx(by_hand, abs=1e-12)


def test_customers_leave_as_often_as_their_probabilities_say(churn: list[Row]) -> None:
    ordered = sorted((make.churn_probability(row), row["Churn"] == "Yes") for row in churn)
    for start in range(0, 7000, 700):
        part = ordered[start : start + 700]
        expected = sum(chance for chance, _ in part)
        spread = sum(chance * (1 - chance) for chance, _ in part) ** 0.5
        assert abs(sum(left for _, left in part) - expected) < 4 * spread


def test_a_plain_xgboost_ranks_held_out_customers_well_but_not_too_well() -> None:
    from sklearn.metrics import roc_auc_score
    from xgboost import XGBClassifier

    table = pd.read_csv(DATA / "churn.csv", na_values=" ").drop(columns="customerID")
    target = table.pop("Churn").eq("Yes")
    texts = table.select_dtypes(exclude="number").columns
    table[texts] = table[texts].astype("category")
    model = XGBClassifier(
        n_estimators=200, max_depth=3, learning_rate=0.05, enable_categorical=True, n_jobs=2
    )
    model.fit(table[:5000], target[:5000])
    assert 0.82 < roc_auc_score(target[5000:], model.predict_proba(table[5000:])[:, 1]) < 0.88


@pytest.fixture(scope="module")
def before() -> list[Row]:
    """The customers of the shifted file, had the world not moved."""
    world = make.SHIFTED._replace(price_percent=100, monthly_weight=1.0, wallets=0, lost_support=0)
    return list(make.customers(world))


def test_each_price_alone_rises_by_a_quarter(before: list[Row]) -> None:
    raised = make.customers(make.SHIFTED._replace(monthly_weight=1.0, wallets=0, lost_support=0))
    for old, new in zip(before, raised, strict=True):
        rise = float(new["MonthlyCharges"]) - 1.25 * float(old["MonthlyCharges"])
        assert -0.05 < rise < 1e-9
        moved = {column for column in old if old[column] != new[column]}
        assert moved <= {"MonthlyCharges", "TotalCharges", "Churn"}


def test_monthly_contracts_become_the_rule(before: list[Row], shifted: list[Row]) -> None:
    assert share(before, "Contract", "Month-to-month") < 0.6
    assert share(shifted, "Contract", "Month-to-month") == pytest.approx(0.8, abs=0.02)


def test_six_percent_pay_in_a_way_never_seen_before(churn: list[Row], shifted: list[Row]) -> None:
    assert share(shifted, "PaymentMethod", "Digital wallet") == 0.06
    assert {row["PaymentMethod"] for row in shifted} - {row["PaymentMethod"] for row in churn} == {
        "Digital wallet"
    }


def test_eight_percent_of_tech_support_is_lost_and_nothing_else_with_it(shifted: list[Row]) -> None:
    assert share(shifted, "TechSupport", "") == 0.08
    whole = make.customers(make.SHIFTED._replace(lost_support=0))
    for lost, kept in zip(shifted, whole, strict=True):
        assert lost | {"TechSupport": kept["TechSupport"]} == kept
        assert lost["TechSupport"] in {"", kept["TechSupport"]}


def test_churn_rises_with_the_drift(before: list[Row], shifted: list[Row]) -> None:
    assert share(shifted, "Churn", "Yes") > share(before, "Churn", "Yes") + 0.05


def test_later_customers_come_to_a_world_that_did_not_move(churn: list[Row], later: list[Row]) -> None:
    for column, value in (("Contract", "Month-to-month"), ("variant", "B"), ("Churn", "Yes")):
        assert share(later, column, value) == pytest.approx(share(churn, column, value), abs=0.02)
    expected = fmean(make.churn_probability(row) for row in later)
    assert share(later, "Churn", "Yes") == pytest.approx(expected, abs=0.015)
    assert {row["PaymentMethod"] for row in later} == {row["PaymentMethod"] for row in churn}
