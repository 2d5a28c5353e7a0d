"""Groups that stay together."""

from __future__ import annotations

from contracts.test_splitters import TARGET, splitter, table


def test_no_group_stands_in_both_parts() -> None:
    missing = table().assign(Contract=lambda rows: rows["Contract"].where(rows["Contract"] != "group-7"))
    for rows in (table(), missing):
        parts = splitter("GroupedSplitter").split(rows, TARGET)
        assert set(parts.train["Contract"].fillna("?")).isdisjoint(parts.test["Contract"].fillna("?"))
