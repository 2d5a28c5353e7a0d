"""MXT and its peers, each as its users call it: from an array of rows to their contributions.

Each is imported where it is used, so that no process pays for the libraries of others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.models import DEPTHS, WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from mxt.predictors.base.trees import TreeEnsemble

    Explain = Callable[[np.ndarray], Any]


@dataclass(frozen=True)
class Task:
    """What is asked of an engine."""

    model: Any
    columns: int
    background: np.ndarray | None
    """Rows to compare with; path-dependent values where there are none."""
    interactions: bool
    threads: int


@dataclass(frozen=True)
class Engine:
    """A way to compute contributions."""

    name: str
    package: str
    prepare: Callable[[Task], Explain]
    """What is done once for a model; what it returns is timed."""
    parallel: bool = False
    """Whether it is also timed with two threads."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows to explain at once by subject, for engines that are faster the more there are."""


def trees_of(task: Task) -> TreeEnsemble:
    """The model's trees, as MXT reads them."""
    from mxt.predictors.base.library import predictor_of

    trees = predictor_of(task.model, names_of(task), [0, 1]).trees
    if trees is None:
        msg = f"{type(task.model).__name__} has no trees that MXT reads."
        raise TypeError(msg)
    return trees


def names_of(task: Task) -> list[str]:
    return [f"x{place}" for place in range(task.columns)]


def _mxt(task: Task) -> Explain:
    from mxt.explainers.base.kernels.engine import Engine as Plan

    plan = Plan(trees_of(task), background=task.background)
    return plan.interactions if task.interactions else plan.values


def _mxt_model(task: Task) -> Explain:
    """A table's explanation, each row of which is held to the library's own prediction."""
    import pandas as pd

    from mxt.explainers.tree import TreeExplainer
    from mxt.models import Model
    from mxt.predictors.base.library import predictor_of

    names = names_of(task)
    model, explainer = Model(predictor_of(task.model, names, [0, 1])), TreeExplainer()
    return lambda rows: model.explain(pd.DataFrame(rows, columns=names), explainer)


def _shap(task: Task) -> Explain:
    """The explainer that hands xgboost and LightGBM models to their own libraries."""
    explainer = _shap_explainer(task)
    return explainer.shap_interaction_values if task.interactions else explainer.shap_values


def _shap_extension(task: Task) -> Explain:
    """The C extension, told not to hand models over, and not to check its sums."""
    explainer = _shap_explainer(task)
    explainer.model.model_type = "internal"
    if task.interactions:
        return explainer.shap_interaction_values
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


def _shap_explainer(task: Task) -> Any:
    """With all rows of the background: of an array, shap keeps 100 without a word."""
    import shap

    if task.background is None:
        return shap.TreeExplainer(task.model)
    known = shap.maskers.Independent(task.background, max_samples=len(task.background))
    return shap.TreeExplainer(task.model, known, feature_perturbation="interventional")


def _xgboost(task: Task) -> Explain:
    import xgboost as xgb

    booster, threads = task.model, task.threads
    booster.set_param({"nthread": threads})
    asked = {"pred_interactions": True} if task.interactions else {"pred_contribs": True}
    return lambda rows: booster.predict(xgb.DMatrix(rows, nthread=threads), **asked)


def _lightgbm(task: Task) -> Explain:
    return lambda rows: task.model.predict(rows, pred_contrib=True, num_threads=task.threads)


def _woodelf(task: Task) -> Explain:
    import pandas as pd
    from woodelf import WoodelfExplainer

    names = names_of(task)
    known = None if task.background is None else pd.DataFrame(task.background, columns=names)
    explainer = WoodelfExplainer(task.model, known)
    explain = explainer.shap_interaction_values if task.interactions else explainer.shap_values
    return lambda rows: explain(pd.DataFrame(rows, columns=names), verbose=False)


def _fasttreeshap(algorithm: str) -> Callable[[Task], Explain]:
    def prepare(task: Task) -> Explain:
        import fasttreeshap_fixed as fasttreeshap

        explainer = fasttreeshap.TreeExplainer(task.model, algorithm=algorithm, n_jobs=task.threads)
        return lambda rows: explainer.shap_values(rows, check_additivity=False)

    return prepare


def _shapiq(task: Task) -> Explain:
    import shapiq

    mode = "pathdependent" if task.background is None else "interventional"
    explainer = shapiq.TreeExplainer(
        task.model,
        mode=mode,
        reference_dataset=task.background,
        max_order=2 if task.interactions else 1,
        index="SII" if task.interactions else "SV",
        class_index=1,
        backend="shapiq",
    )
    return explainer.explain_X


def as_array(raw: Any, task: Task) -> np.ndarray:
    """Any engine's contributions for the one output, shape (rows, columns) or (rows, columns, columns)."""
    import numpy as np

    shape = (task.columns,) * (2 if task.interactions else 1)
    if hasattr(raw, "values") and isinstance(raw.values, dict):  # shapiq: by the columns of a set
        found = np.zeros((raw.n_instances, *shape))
        for places, values in raw.values.items():
            if len(places) == len(shape):
                found[:, *places] = values
        return found
    raw = getattr(raw, "values", raw)
    found = np.asarray(raw[-1] if isinstance(raw, list) else raw, dtype=float)  # a list is by class
    if found.ndim > 1 + len(shape):
        found = found[..., -1]
    return found[(slice(None), *(slice(width) for width in shape))]  # some end with the bias


_DEEP = dict.fromkeys((*(f"{depth}x{width}" for depth in DEPTHS for width in WIDTHS), "c", "extra"), 20_000)
_MANY = {"a": 10_000, "b": 4_000, "d": 10_000, "e": 2_000, "lgb": 10_000}

ENGINES = {
    engine.name: engine
    for engine in (
        Engine("MXT", "mxt", _mxt, parallel=True, rows=_DEEP),
        Engine("MXT, Model.explain", "mxt", _mxt_model),
        Engine("shap C extension", "shap", _shap_extension),
        Engine("shap.TreeExplainer", "shap", _shap),
        Engine("xgboost", "xgboost", _xgboost, parallel=True),
        Engine("LightGBM", "lightgbm", _lightgbm, parallel=True),
        Engine("woodelf", "woodelf-explainer", _woodelf, rows=_MANY),
        Engine("fasttreeshap v1", "fasttreeshap-fixed", _fasttreeshap("v1")),
        Engine("fasttreeshap v2", "fasttreeshap-fixed", _fasttreeshap("v2"), parallel=True),
        Engine("shapiq", "shapiq", _shapiq),
    )
}
