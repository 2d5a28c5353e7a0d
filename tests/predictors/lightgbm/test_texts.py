"""Texts of LightGBM models whose numbers do not fit together never reach LightGBM."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from mxt.errors import ModelError
from mxt.predictors.lightgbm.trees import require_whole

X = np.random.default_rng(0).normal(size=(300, 3))
QUIET = {"verbose": -1, "num_leaves": 5, "num_threads": 1}
TEXT = lgb.train({**QUIET, "objective": "binary"}, lgb.Dataset(X, X[:, 0] > 0), 3).model_to_string()


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "multiclass", "num_class": 3},
        {"objective": "regression", "linear_tree": True},
        {"objective": "regression", "max_cat_to_onehot": 1},
        {"objective": "binary", "min_data_in_leaf": 1000},
        {"boosting": "dart", "objective": "binary"},
    ],
)
def test_a_whole_text_of_any_form_is_read(options: dict[str, object]) -> None:
    labels = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    codes = np.column_stack([X[:, :2], np.arange(300) % 9])
    labels = labels if options["objective"] == "multiclass" else np.minimum(labels, 1)
    table = lgb.Dataset(codes, labels, categorical_feature=[2])
    require_whole(lgb.train({**QUIET, **options}, table, 2).model_to_string())
    require_whole(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nTree=1\n", "\nTree=1\n\n"),
        ("\nTree=1\n", "\nTree=7\n"),
        ("tree_sizes=", "tree_sizes=1"),
        ("\nthreshold=", "\nthreshold=x"),
        ("\nthreshold=", "\nthreshold=1 "),
        ("\nthreshold=", "\nthreshult="),
        ("\nnum_cat=", "\nnum_cut="),
        ("\nnum_class=1", "\nnum_class=0_1"),
        ("\nleaf_count=", "\nleaf_count=1 "),
        ("\nnum_cat=0", "\nnum_cat=0\nnum_cat=0"),
        ("\nshrinkage=", "\nshrin\x1ckage="),
        ("\n[max_depth: -1]", "\n[max_depth: -1]\n]x["),
        ("\n[max_depth: -1]", "\n[max_depth: -1"),
        ("\n[max_depth: -1]", "\n[max_depth:\0 -1]"),
    ],
)
def test_a_text_that_does_not_hold_what_it_claims_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ModelError, match=r"damaged|was cut"):
        require_whole(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("left_child=", "left_child=0_"),
        ("leaf_value=", "leaf_value= "),
        ("threshold=", "threshold=x"),
        ("left_child=", "\nleft_child="),
        ("left_child=", "2\nleft_child="),
    ],
)
def test_what_lightgbm_reads_otherwise_is_refused_in_a_tree_of_the_size_that_it_claims(
    old: str, new: str
) -> None:
    size = int(TEXT.partition("\ntree_sizes=")[2].partition(" ")[0])
    longer = TEXT.replace(f"\ntree_sizes={size} ", f"\ntree_sizes={size + len(new) - len(old)} ")
    with pytest.raises(ModelError, match=r"its (tree 0|text) does not hold"):
        require_whole(longer.replace(f"\n{old}", f"\n{new}", 1))
