"""Fails unless the MXT installed beside this Python has compiled kernels, and explains trees with them."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor

import mxt
from mxt.datasets.kernels.rows import absence
from mxt.explainers import TreeExplainer

TOLERANCE = 1e-9

assert not absence(), absence()
rows = np.random.default_rng(0).normal(size=(200, 4))
model = GradientBoostingRegressor(n_estimators=20).fit(rows, rows[:, 0] * rows[:, 1])
explainer = TreeExplainer(model, rows[:50])
gaps = explainer.expected_value + explainer.shap_values(rows).sum(axis=1) - model.predict(rows)
assert np.abs(gaps).max() < TOLERANCE, gaps
print(f"{mxt.__file__} explains {len(rows)} rows with its kernels.")
