"""The header of a LightGBM model's text."""

from __future__ import annotations

import pytest

from mxt.errors import ModelError
from mxt.predictors.lightgbm.header import read_header

HEADER = """tree
version=v4
num_class=3
num_tree_per_iteration=3
max_feature_idx=3
objective=multiclass num_class:3
feature_names=age plan flag none
feature_infos=[0.5:3] 2:0:1 [0:1] none
tree_sizes=10 20 30 40 50 60

Tree=0
"""


def test_a_header_holds_the_facts_of_the_whole_model() -> None:
    header = read_header(HEADER)
    assert (header.columns, header.trees_per_round, header.trees) == (4, 3, 6)
    assert header.objective == "multiclass num_class:3"
    assert header.categorical == [1]
    assert header.spans == [(0.5, 3.0), (0.0, 2.0), (0.0, 1.0), None]


@pytest.mark.parametrize(
    ("listed", "categorical"), [("", [1]), ("0,2", [0, 1, 2]), ("name:flag,plan", [1, 2]), ("7", [1])]
)
def test_categories_are_those_listed_and_those_stored_as_codes(listed: str, categorical: list[int]) -> None:
    text = f"{HEADER}\nparameters:\n[categorical_feature: {listed}]\n"
    assert read_header(text).categorical == categorical


def test_only_an_averaged_model_is_a_mean_over_its_rounds() -> None:
    assert read_header(HEADER).rounds_averaged == 1
    assert read_header(HEADER.replace("tree\n", "tree\naverage_output\n", 1)).rounds_averaged == 2


def test_values_of_training_may_be_codes_if_they_are_whole_and_few_enough() -> None:
    header = read_header(HEADER)
    assert [header.may_code(column, 2) for column in range(4)] == [False, False, True, True]
    assert header.may_code(1, 3)


@pytest.mark.parametrize("text", ["", "hello", HEADER.replace("max_feature_idx=3", "max_feature_idx=x")])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="not the text of a LightGBM model"):
        read_header(text)
