"""Tree ensembles, exactly, with MXT's own compiled kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple
from weakref import WeakKeyDictionary

from loguru import logger

from mxt.datasets.kernels.rows import absence
from mxt.errors import DataError, ModelError
from mxt.explainers.base import TOLERANCE, Explainer, Explanation, fold, require_background
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.explainers.base.units import Unit, in_probability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor
    from mxt.predictors.base.outputs import Contributions
    from mxt.predictors.base.trees import TreeEnsemble


class TreeExplainer(Explainer):
    """Exact SHAP values of a tree ensemble, of any depth and any library that MXT reads.

    Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithms 2 and 3.

    Example:
        {KIND: TreeExplainer, feature_perturbation: tree_path_dependent, encoded: sum, unit: margin}
    """

    KIND: Literal["TreeExplainer"] = "TreeExplainer"

    exact: ClassVar[bool] = True

    feature_perturbation: Literal["tree_path_dependent", "interventional"] = "tree_path_dependent"
    """How absent columns are treated: by training weights along the trees' paths, or by a background."""

    encoded: Literal["sum", "joint"] = "sum"
    """How encoded columns of one source column are treated: values are summed, or they are one player."""

    unit: Unit = "margin"
    """Whether contributions add up to the model's own scores or, through its link, to its probabilities."""

    def serves(self, predictor: Predictor) -> bool:
        return predictor.trees is not None or hasattr(predictor.core, "get_cat_feature_indices")

    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        self.require(predictor)
        if predictor.trees is not None and available():
            raw = self._by_kernels(predictor, predictor.trees, inputs, background)
        else:
            raw = self._by_library(predictor, inputs)
        slope, intercept = predictor.calibration
        scores = predictor.scores(inputs)
        explanation = Explanation(
            ids=inputs.index,
            columns=predictor.columns,
            values=raw.values if slope == 1 else slope * raw.values,
            base=slope * raw.base + intercept,
            prediction=scores.values,
            unit=scores.unit,
            outputs=predictor.outputs,
            method=raw.method,
            reason=raw.reason,
        )
        return in_probability(explanation, predictor, inputs) if self.unit == "probability" else explanation

    def _by_kernels(
        self, predictor: Predictor, trees: TreeEnsemble, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> _Raw:
        import numpy as np

        joint, columns = self.encoded == "joint", len(predictor.columns)
        known, method = None, "exact, along the trees' paths"
        if self.feature_perturbation == "interventional":
            known = require_background(background, self.KIND)
            method = f"exact, against {len(known)} background rows"
        engine = _engine(predictor, trees, known, joint=joint)
        values = engine.values(predictor.encode(inputs))
        if not joint:
            values = fold(values, predictor.sources, columns)
        elif values.shape[1] < columns:
            values = np.pad(values, ((0, 0), (0, columns - values.shape[1]), (0, 0)))
        return _Raw(values, engine.base, method)

    def _by_library(self, predictor: Predictor, inputs: pd.DataFrame) -> _Raw:
        """The library's own contributions, which are path-dependent and summed over encoded columns only."""
        why = "its trees test what only CatBoost reads"
        if predictor.trees is not None:
            why = f"the compiled kernels are absent ({absence()})"
        fields = {"feature_perturbation": self.feature_perturbation, "encoded": self.encoded}
        more = {name: value for name, value in fields.items() if value not in {"tree_path_dependent", "sum"}}
        if predictor.trees is not None and inputs.empty:
            msg = f"There are no rows to explain, and no base value without one: {why}."
            raise DataError(msg)
        own = None if more else predictor.contributions(inputs)
        if own is None:
            msg = f"This {type(predictor.core).__name__} cannot be explained with {more or fields}: {why}."
            raise ModelError(msg)
        logger.warning("{} computes the contributions, slower than MXT would: {}.", own.method, why)
        if predictor.trees is None:
            _require_sums(own, predictor, inputs)
        values = fold(own.values, predictor.sources, len(predictor.columns))
        return _Raw(values, own.base, own.method, f"{why[0].upper()}{why[1:]}")


class _Raw(NamedTuple):
    """Contributions of source columns to the core model's raw outputs, before calibration."""

    values: np.ndarray
    base: np.ndarray
    method: str
    reason: str = ""


def _require_sums(own: Contributions, predictor: Predictor, inputs: pd.DataFrame) -> None:
    """Refuse contributions of CatBoost that do not add up to its own scores, with a way out.

    Raises:
        ModelError: Some do not.
    """
    import numpy as np

    scores = predictor.scores(inputs).values
    gaps = np.abs(own.base + own.values.sum(axis=1) - scores) / np.maximum(1, np.abs(scores))
    wrong = int((gaps > TOLERANCE).any(axis=1).sum())
    if wrong:
        msg = (
            f"CatBoost's own contributions do not add up to its predictions for {wrong} of {len(gaps)} rows, "
            "as is usual for trees that test categories and were grown Depthwise or Lossguide. With a "
            "background, {KIND: EnumerationExplainer} is exact up to 12 columns and "
            "{KIND: PermutationExplainer} estimates; or grow the trees with grow_policy SymmetricTree."
        )
        raise ModelError(msg)


_ENGINES: WeakKeyDictionary[TreeEnsemble, tuple[Engine, pd.DataFrame | None, bool]] = WeakKeyDictionary()
"""The last engine of each model's trees, for every part of a table, with its background and `joint`."""


def _engine(
    predictor: Predictor, trees: TreeEnsemble, background: pd.DataFrame | None, *, joint: bool
) -> Engine:
    planned = _ENGINES.get(trees)
    if planned is None or planned[1] is not background or planned[2] != joint:
        players = predictor.sources if joint else None
        engine = Engine(trees, players, None if background is None else predictor.encode(background))
        planned = _ENGINES[trees] = engine, background, joint
    return planned[0]
