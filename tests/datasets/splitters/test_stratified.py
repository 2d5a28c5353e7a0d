"""The same share of each class."""

from __future__ import annotations

from contracts.test_splitters import TARGET, splitter, table


def test_each_class_gives_its_share() -> None:
    rows = table()
    test = splitter("StratifiedSplitter", test_share=0.25).split(rows, TARGET).test
    for label, count in rows[TARGET].value_counts().items():
        assert abs((test[TARGET] == label).sum() - 0.25 * count) <= 0.5
