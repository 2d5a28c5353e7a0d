"""Made-up claims of marketplace sellers for lost or damaged parcels, from rules that are known.

A claim is "Claimable" if its papers are complete, it came in time, and what it asks for is not the
seller's own fault; CLERKS_ERR of the decisions are the other way round, by chance. A model can learn the
rules, so it can be certified by strict targets; from the pilot's few claims nobody can tell whether it has.

Each column of a claim has one uniform draw of its own, and money is in whole cents, so that every machine
writes the same bytes.

Usage: `python make_claims.py` writes both files beside itself; with `--check` it exits 1 if they differ.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
COLUMNS = (
    *(
        "claimID",
        "marketplace",
        "SKU",
        "reason",
        "carrier",
        "order_value",
        "claimed_value",
        "days_since_delivery",
    ),
    *("has_photo", "has_invoice", "earlier_claims", "decision"),
)
FILES = {"claims.csv": (0, 4000), "claims_pilot.csv": (4000, 60)}
"""Number of the first claim, and rows."""

SEED = 0
MARKETPLACES = ("DE", "FR", "IT", "UK", "US")
SKUS = ("BOOK", "DISH", "LAMP", "SHOE", "TOYS")
REASONS = ("damaged", "lost", "returned", "wrong item")
"""The last is the seller's own fault."""
CARRIERS = ("air", "post", "road")
LAST_DAY = 60
"""Claims must come before this many days have passed."""
CLERKS_ERR = 0.01
CENTS = 20_000


def claims(first: int, rows: int) -> list[tuple[str, ...]]:
    """Rows of claims, in file order."""
    draws = np.random.Generator(np.random.PCG64(SEED)).random((first + rows, len(COLUMNS)))[first:]
    return [claim(first + number, draw) for number, draw in enumerate(draws.tolist())]


def claim(number: int, draw: list[float]) -> tuple[str, ...]:
    """One row."""
    told = dict(zip(COLUMNS, draw, strict=True))
    value = 500 + int(told["order_value"] * CENTS)
    claimed = value * (50 + int(told["claimed_value"] * 51)) // 100
    days = int(told["days_since_delivery"] * 90)
    reason = REASONS[int(told["reason"] * len(REASONS))]
    photo, invoice = told["has_photo"] < 0.8, told["has_invoice"] < 0.9  # noqa: PLR2004 - shares of claims
    complete = invoice and (photo or reason == "lost")
    right = complete and days < LAST_DAY and reason != "wrong item"
    erred = told["decision"] < CLERKS_ERR
    return (
        f"C{number:06}",
        MARKETPLACES[int(told["marketplace"] * len(MARKETPLACES))],
        SKUS[int(told["SKU"] * len(SKUS))],
        reason,
        CARRIERS[int(told["carrier"] * len(CARRIERS))],
        f"{value // 100}.{value % 100:02}",
        f"{claimed // 100}.{claimed % 100:02}",
        str(days),
        "Yes" if photo else "No",
        "Yes" if invoice else "No",
        str(int(told["earlier_claims"] ** 3 * 10)),
        "Claimable" if right != erred else "Not claimable",
    )


def csv_bytes(file: str) -> bytes:
    """The content of a file; no cell holds a comma, so none is quoted."""
    lines = [COLUMNS, *claims(*FILES[file])]
    return "".join(",".join(line) + "\n" for line in lines).encode("ascii")


def differs(file: str) -> bool:
    """Whether the file on disk is absent or not what the rules write."""
    path = HERE / file
    return not path.is_file() or path.read_bytes() != csv_bytes(file)


def main() -> int:
    """Write both files, or with --check compare them."""
    parser = argparse.ArgumentParser(description="Write claims.csv and claims_pilot.csv beside this script.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    if parser.parse_args().check:
        stale = [file for file in FILES if differs(file)]
        for file in stale:
            print(f"{file} is not what make_claims.py writes; run it without --check.", file=sys.stderr)
        return int(bool(stale))
    for file, (_, rows) in FILES.items():
        (HERE / file).write_bytes(csv_bytes(file))
        print(f"{file}: {rows} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
