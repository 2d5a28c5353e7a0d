"""The package's public name, and that no explanation imports shap unless shap's own type is wanted."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mxt.explainers
from mxt.explainers.shap.tree import TreeExplainer

PLAIN = """
import sys
import numpy as np, pandas as pd
from mxt.models.random_forest import RandomForestRecipe
inputs = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
targets = (inputs["a"] > 0).rename("t").map({True: "y", False: "n"})
model = RandomForestRecipe(trees=3).fit(inputs, targets)
model.with_background(inputs).explain_samples(inputs)
model.with_background(inputs).explain_model()
print(sorted({"shap", "numba", "numba.core"} & set(sys.modules)))
"""


def test_the_tree_explainer_is_the_drop_in_for_shaps() -> None:
    assert mxt.explainers.TreeExplainer is TreeExplainer
    with pytest.raises(AttributeError, match="has no attribute 'ForestExplainer'"):
        mxt.explainers.ForestExplainer  # noqa: B018 # type: ignore[attr-defined] # the error is the law


def test_no_explanation_imports_shap_or_numba() -> None:
    ended = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
