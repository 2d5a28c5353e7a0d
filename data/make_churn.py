"""Made-up telecom customers, from a process whose causes of churn are known.

Causal graph: each column, and the columns it is drawn from (README.md says how much each matters).

    gender, SeniorCitizen, Partner, variant    nothing
    Dependents          SeniorCitizen, Partner
    tenure              Partner
    InternetService     SeniorCitizen
    PhoneService        InternetService
    MultipleLines       PhoneService, tenure
    Contract            tenure, InternetService, Dependents
    six add-ons         InternetService, tenure, Contract
    PaperlessBilling    InternetService
    PaymentMethod       Contract, PaperlessBilling
    MonthlyCharges      every service above
    TotalCharges        tenure, MonthlyCharges
    Churn               SeniorCitizen, tenure, InternetService, OnlineSecurity, TechSupport, Contract,
                        PaperlessBilling, PaymentMethod, MonthlyCharges, variant

Each column of a customer has one uniform draw of its own, so changing one draw, all others held, shows
what that column causes. So that every machine writes the same bytes, money is in whole cents, sums are
`fsum` (`sum` rounds differently since Python 3.12), and `exp`, which no standard rounds, is used once:
to compare with a draw, where a last bit matters only to a draw within 1e-15 of the probability.

Usage: `python make_churn.py` writes the files beside itself; with `--check` it exits 1 if one differs.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
COLUMNS = (
    *("customerID", "gender", "SeniorCitizen", "Partner", "Dependents", "tenure", "PhoneService"),
    *("MultipleLines", "InternetService", "OnlineSecurity", "OnlineBackup", "DeviceProtection"),
    *("TechSupport", "StreamingTV", "StreamingMovies", "Contract", "PaperlessBilling", "PaymentMethod"),
    *("MonthlyCharges", "TotalCharges", "Churn", "variant"),
)
RANKED = ("newcomer", "wallet", "lost support")
"""Draws replaced by their rank in the file, so that an exact number of rows can be chosen."""
DRAWS = (*COLUMNS[1:], *RANKED)

IDS = 10**4 * 26**5
ID_STRIDE = 73_430_916_251
"""Near IDS over the golden ratio and coprime to IDS: customers 0 to IDS - 1 get ids that all differ."""

LAST_MONTH = 72
TENURES = ((1, 1, 0.09), (2, 12, 0.22), (13, 24, 0.15), (25, 48, 0.22), (49, 71, 0.27), (72, 72, 0.05))
"""First month, last month and share of customers, were half of them to have a partner."""
ADD_ONS = {
    "OnlineSecurity": {"DSL": 0.20, "Fiber optic": 0.02},
    "OnlineBackup": {"DSL": 0.14, "Fiber optic": 0.18},
    "DeviceProtection": {"DSL": 0.14, "Fiber optic": 0.18},
    "TechSupport": {"DSL": 0.20, "Fiber optic": 0.02},
    "StreamingTV": {"DSL": 0.14, "Fiber optic": 0.34},
    "StreamingMovies": {"DSL": 0.14, "Fiber optic": 0.34},
}
"""Share that has the add-on at tenure 0 on a monthly contract."""

CENTS = {"DSL": 2500, "Fiber optic": 5000, "No": 0, "PhoneService": 2000, "MultipleLines": 500} | {
    name: 1000 if name.startswith("Streaming") else 500 for name in ADD_ONS
}
COIN = 5
"""Every price is a whole number of these cents."""
PRICE_COINS = 30
"""A price is off its list by up to this many coins."""
PAST_PERMILLE = 50
"""All bills together lie up to this far from tenure times today's bill, in thousandths."""

LOG_ODDS = {
    "SeniorCitizen": {"0": 0.0, "1": 0.25},
    "InternetService": {"DSL": 0.0, "Fiber optic": 0.45, "No": -0.5},
    "OnlineSecurity": {"No": 0.0, "Yes": -0.45, "No internet service": 0.0},
    "TechSupport": {"No": 0.0, "Yes": -0.4, "No internet service": 0.0},
    "Contract": {"Month-to-month": 0.0, "One year": -0.8, "Two year": -1.6},
    "PaperlessBilling": {"No": 0.0, "Yes": 0.3},
    "PaymentMethod": {
        "Electronic check": 0.45,
        "Mailed check": 0.0,
        "Bank transfer (automatic)": -0.05,
        "Credit card (automatic)": -0.1,
        "Digital wallet": 0.2,
    },
    "variant": {"A": 0.0, "B": -0.23},
}
"""What each value adds to the log-odds of churn."""
INTERCEPT = -0.55
PER_YEAR_OF_TENURE = -0.3
PER_TEN_CHARGED = 0.15
USUAL_CHARGE = 65.0
FIBER_BY_MONTH = 0.35
"""Interaction: fiber on a monthly contract."""
EARLY_BY_MONTH = 0.5
"""Interaction: the first EARLY_MONTHS of a monthly contract."""
EARLY_MONTHS = 6

Draw = dict[str, float]
Row = dict[str, str]


class World(NamedTuple):
    """What sets one file apart from another; the defaults are no drift."""

    file: str
    seed: int
    rows: int
    first_customer: int
    newcomers: int
    """Rows with tenure 0 and no bill yet."""
    price_percent: int = 100
    monthly_weight: float = 1.0
    """Weight of a monthly contract, against 1 in the world as it was."""
    wallets: int = 0
    """Rows that pay by digital wallet."""
    lost_support: int = 0
    """Rows whose TechSupport is emptied once churn is known."""


CHURN = World("churn.csv", seed=0, rows=7043, first_customer=0, newcomers=11)
SHIFTED = World(
    "churn_shifted.csv",
    seed=1,
    rows=2000,
    first_customer=CHURN.rows,
    newcomers=3,
    price_percent=125,
    monthly_weight=5.0,
    wallets=120,
    lost_support=160,
)
LATER = World(
    "churn_later.csv", seed=2, rows=8000, first_customer=SHIFTED.first_customer + SHIFTED.rows, newcomers=8
)
WORLDS = (CHURN, SHIFTED, LATER)


def draws(world: World) -> list[Draw]:
    """One draw in [0, 1) a name and customer; those RANKED are ranks, 0 to rows - 1."""
    table = np.random.Generator(np.random.PCG64(world.seed)).random((world.rows, len(DRAWS)))
    for name in RANKED:
        column = DRAWS.index(name)
        table[:, column] = table[:, column].argsort(kind="stable").argsort(kind="stable")
    return [dict(zip(DRAWS, row, strict=True)) for row in table.tolist()]


def pick(draw: float, weights: dict[str, float]) -> str:
    """The value whose share of the weights the draw falls in."""
    left = draw * math.fsum(weights.values())
    for value, weight in weights.items():
        if left < weight:
            return value
        left -= weight
    return value


def yes(draw: float, share: float) -> str:
    """Yes for this share of draws, otherwise No."""
    return "Yes" if draw < share else "No"


def customer_id(number: int) -> str:
    """Such as 1234-ABCDE."""
    digits, rest = divmod((number + 1) * ID_STRIDE % IDS, 26**5)
    letters = ""
    for _ in range(5):
        rest, letter = divmod(rest, 26)
        letters += chr(ord("A") + letter)
    return f"{digits:04}-{letters}"


def person(draw: Draw) -> Row:
    """Who the customer is, and the variant shown to them."""
    senior = pick(draw["SeniorCitizen"], {"0": 0.84, "1": 0.16})
    partner = yes(draw["Partner"], 0.48)
    share = {"Yes": 0.56, "No": 0.11}[partner] * {"0": 1.0, "1": 0.25}[senior]
    return {
        "gender": pick(draw["gender"], {"Female": 1, "Male": 1}),
        "SeniorCitizen": senior,
        "Partner": partner,
        "Dependents": yes(draw["Dependents"], share),
        "variant": pick(draw["variant"], {"A": 1, "B": 1}),
    }


def tenure(draw: Draw, partner: str, world: World) -> int:
    """Months stayed: the longer of two stays for those with a partner, the shorter for the rest."""
    if draw["newcomer"] < world.newcomers:
        return 0
    left = math.sqrt(draw["tenure"]) if partner == "Yes" else 1 - math.sqrt(1 - draw["tenure"])
    for first, last, share in TENURES:
        if left < share:
            return first + int(left / share * (last - first + 1))
        left -= share
    return LAST_MONTH


def services(draw: Draw, row: Row, stayed: float) -> Row:
    """The lines that the customer has; `stayed` is tenure as a share of the longest."""
    weights = {
        "0": {"DSL": 0.36, "Fiber optic": 0.40, "No": 0.24},
        "1": {"DSL": 0.26, "Fiber optic": 0.68, "No": 0.06},
    }
    internet = pick(draw["InternetService"], weights[row["SeniorCitizen"]])
    phone = yes(draw["PhoneService"], 0.72 if internet == "DSL" else 1.0)
    lines = yes(draw["MultipleLines"], 0.22 + 0.55 * stayed)
    return {
        "InternetService": internet,
        "PhoneService": phone,
        "MultipleLines": lines if phone == "Yes" else "No phone service",
    }


def contract(draw: Draw, row: Row, stayed: float, world: World) -> str:
    """Longer for those who stayed, have dependents, or have no internet."""
    long = {"DSL": 1.2, "Fiber optic": 0.5, "No": 3.0}[row["InternetService"]]
    long *= 1.3 if row["Dependents"] == "Yes" else 1.0
    weights = {
        "Month-to-month": world.monthly_weight,
        "One year": long * (0.04 + 1.0 * stayed),
        "Two year": long * (0.02 + 3.6 * stayed * stayed * stayed),
    }
    return pick(draw["Contract"], weights)


def add_ons(draw: Draw, row: Row, stayed: float) -> Row:
    """The six options of an internet line."""
    if row["InternetService"] == "No":
        return dict.fromkeys(ADD_ONS, "No internet service")
    loyal = 0.35 * stayed + (0.0 if row["Contract"] == "Month-to-month" else 0.2)
    return {name: yes(draw[name], share[row["InternetService"]] + loyal) for name, share in ADD_ONS.items()}


def billing(draw: Draw, row: Row, world: World) -> Row:
    """How the customer is billed and pays."""
    share = {"DSL": 0.5, "Fiber optic": 0.78, "No": 0.3}[row["InternetService"]]
    paperless = yes(draw["PaperlessBilling"], share)
    weights = {
        "Electronic check": 2.4 if row["Contract"] == "Month-to-month" else 0.7,
        "Mailed check": 0.7 if paperless == "Yes" else 1.6,
        "Bank transfer (automatic)": 1.0,
        "Credit card (automatic)": 1.0,
    }
    chosen = pick(draw["PaymentMethod"], weights)
    wallet = draw["wallet"] < world.wallets
    return {"PaperlessBilling": paperless, "PaymentMethod": "Digital wallet" if wallet else chosen}


def monthly_cents(draw: Draw, row: Row, world: World) -> int:
    """The list price of what the customer has, give or take PRICE_COINS, at this world's level."""
    options = ("PhoneService", "MultipleLines", *ADD_ONS)
    listed = CENTS[row["InternetService"]] + sum(CENTS[name] for name in options if row[name] == "Yes")
    coins = int(draw["MonthlyCharges"] * (2 * PRICE_COINS + 1)) - PRICE_COINS
    return (listed + coins * COIN) * world.price_percent // (100 * COIN) * COIN


def total_cents(draw: Draw, months: int, monthly: int) -> int:
    """Today's bill times the months, give or take PAST_PERMILLE."""
    permille = int(draw["TotalCharges"] * (2 * PAST_PERMILLE + 1)) - PAST_PERMILLE
    return monthly * months * (1000 + permille) // 1000


def money(cents: int) -> str:
    """In units, without trailing zeros: 29.85, 70.7, 84."""
    return f"{cents // 100}.{cents % 100:02}".rstrip("0").rstrip(".")


def churn_log_odds(row: Row) -> float:
    """The true log-odds that this customer leaves; needs TechSupport as it was before it was lost."""
    monthly, months = row["Contract"] == "Month-to-month", int(row["tenure"])
    terms = (
        INTERCEPT,
        PER_YEAR_OF_TENURE * months / 12,
        PER_TEN_CHARGED * (float(row["MonthlyCharges"]) - USUAL_CHARGE) / 10,
        FIBER_BY_MONTH * (monthly and row["InternetService"] == "Fiber optic"),
        EARLY_BY_MONTH * (monthly and months <= EARLY_MONTHS),
    )
    return math.fsum((*terms, *(values[row[column]] for column, values in LOG_ODDS.items())))


def churn_probability(row: Row) -> float:
    """The true chance that this customer leaves, in (0, 1)."""
    return 1 / (1 + math.exp(-churn_log_odds(row)))


def customer(draw: Draw, number: int, world: World) -> Row:
    """One row, causes before effects."""
    row = {"customerID": customer_id(number)} | person(draw)
    months = tenure(draw, row["Partner"], world)
    stayed = months / LAST_MONTH
    row |= {"tenure": str(months)} | services(draw, row, stayed)
    row["Contract"] = contract(draw, row, stayed, world)
    row |= add_ons(draw, row, stayed)
    row |= billing(draw, row, world)
    cents = monthly_cents(draw, row, world)
    row["MonthlyCharges"] = money(cents)
    row["TotalCharges"] = money(total_cents(draw, months, cents)) if months else " "
    row["Churn"] = yes(draw["Churn"], churn_probability(row))
    return row | ({"TechSupport": ""} if draw["lost support"] < world.lost_support else {})


def customers(world: World) -> list[Row]:
    """Every row of a world, in file order."""
    return [customer(draw, world.first_customer + place, world) for place, draw in enumerate(draws(world))]


def csv_bytes(world: World) -> bytes:
    """The world's file; no cell holds a comma, so none is quoted."""
    lines = [COLUMNS, *([row[name] for name in COLUMNS] for row in customers(world))]
    return "".join(",".join(line) + "\n" for line in lines).encode("ascii")


def differs(world: World) -> bool:
    """Whether the file on disk is absent or not what the process writes."""
    path = HERE / world.file
    return not path.is_file() or path.read_bytes() != csv_bytes(world)


def main() -> int:
    """Write the files, or with --check compare them."""
    parser = argparse.ArgumentParser(description="Write the churn tables beside this script.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    if parser.parse_args().check:
        stale = [world.file for world in WORLDS if differs(world)]
        for file in stale:
            print(f"{file} is not what make_churn.py writes; run it without --check.", file=sys.stderr)
        return int(bool(stale))
    for world in WORLDS:
        (HERE / world.file).write_bytes(csv_bytes(world))
        print(f"{world.file}: {world.rows} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
