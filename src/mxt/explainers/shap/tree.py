# ruff: noqa: FBT001, FBT002, N803, PLR0913, PLR0917 - the signatures are shap's
"""The interface of ``shap.TreeExplainer`` over MXT's engine: the same arguments, shapes and results."""

from __future__ import annotations

import time
import warnings
from functools import cached_property
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.shap.answers import CHANCES, Answers, explained
from mxt.explainers.shap.catboost import CatboostAnswers, catboost_predictor, check_peer, is_catboost
from mxt.explainers.shap.models import TreeModel, tree_model_of, tree_model_of_shap
from mxt.explainers.shap.portable import portable
from mxt.explainers.shap.tables import array_of, is_masker, perturbation, rows_of

if TYPE_CHECKING:
    import numpy as np
    import shap
    from shap.explainers._tree import TreeEnsemble as ShapEnsemble

    from mxt.explainers.shap.tables import AnyModel, AnyTable
    from mxt.predictors.catboost import CatboostPredictor


class TreeExplainer:
    """Exact SHAP values of models of trees: a drop-in for shap's class of the same name.

    It differs where shap is less exact: all rows of a background are used (shap draws 100 of a table), and
    `expected_value` is right before the first call. Requests that the engine does not serve are handed to
    shap, with a warning: a model's loss, Saabas' approximation, and models whose trees cannot be read.

    Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9.
    """

    output_names = None
    expected_value: np.ndarray | float

    def __init__(
        self,
        model: AnyModel,
        data: AnyTable = None,
        model_output: str = "raw",
        feature_perturbation: str = "auto",
        feature_names: list[str] | None = None,
        approximate: object = None,
        link: object = None,
        linearize_link: object = None,
    ) -> None:
        """Read the model's trees and plan the computation.

        Args:
            model: A model of xgboost, LightGBM, CatBoost or scikit-learn, or any that shap can read.
            data: Rows that stand for the population, all of which are used: a table, or shap's own masker.
            model_output: ``raw``, ``probability``, ``predict_proba`` or ``log_loss``.
            feature_perturbation: ``interventional`` compares with `data`, ``tree_path_dependent`` with the
                training weights kept in the trees; ``auto`` is the first if there is data, else the second.
            feature_names: Names of columns, for arrays.
            approximate: Without effect, as in shap; pass it to the call.
            link: Without effect, as in shap.
            linearize_link: Without effect, as in shap.

        Raises:
            Exception: Shap's own error for arguments that it refuses too.
        """
        import pandas as pd

        if approximate is not None:
            warnings.warn("Give approximate to the call, not to TreeExplainer.", DeprecationWarning, 2)
        for name in ("model", "masker"):  # `shap.Explainer` sets both before it turns itself into this class
            vars(self).pop(name, None)
        self.link, self.linearize_link = link, linearize_link
        self._model, self._given, self._rows = model, data, rows_of(model, data)
        self.data = None if self._rows is None else array_of(self._rows)
        self.data_missing = None if self.data is None else pd.isna(self.data)
        self.feature_perturbation = perturbation(feature_perturbation, against_rows=data is not None)
        self.model_output, self.feature_names = model_output, feature_names
        known = list(data.columns) if isinstance(data, pd.DataFrame) else None
        self.data_feature_names = feature_names or known
        self._plan()

    @cached_property
    def model(self) -> ShapEnsemble:
        """The model as shap reads it, a ``TreeEnsemble`` of its own."""
        from shap.explainers._tree import TreeEnsemble

        given = (self._model, self.data, self.data_missing, self.model_output)
        return self._peer.model if "_peer" in vars(self) else TreeEnsemble(*given)

    @cached_property
    def masker(self) -> AnyTable:
        """The background as one of shap's maskers, with all rows."""
        import shap

        if self.data is None or is_masker(self._given):
            return self._given
        return shap.maskers.Independent(self.data, max_samples=len(self.data))

    def __call__(
        self,
        X: AnyTable,
        y: AnyTable = None,
        interactions: bool = False,
        check_additivity: bool = True,
        approximate: bool = False,
    ) -> shap.Explanation:
        """Explain each row of `X`; shap's plots accept the result."""
        start = time.time()
        if self._core is None or (interactions and approximate):
            return self._peer(X, y, interactions, check_additivity, approximate)
        if interactions:
            values = self.shap_interaction_values(X, y)
        else:
            values = self.shap_values(X, y, None, approximate, check_additivity, from_call=True)
        names = list(X.columns) if hasattr(X, "columns") else self.data_feature_names
        return explained(values, self.expected_value, X, names, time.time() - start)

    def shap_values(
        self,
        X: AnyTable,
        y: AnyTable = None,
        tree_limit: int | None = None,
        approximate: bool = False,
        check_additivity: bool = True,
        from_call: bool = False,
    ) -> np.ndarray:
        """Contributions, shape (rows, columns), or (rows, columns, outputs) if there are several outputs.

        Args:
            X: Rows to explain, a table of any type; for a single row the result has no dimension of rows.
            y: Labels, for a loss.
            tree_limit: Number of the first trees to explain; the library's own choice if left out.
            approximate: Saabas' approximation, by shap itself.
            check_additivity: Whether to compare sums with the library's own predictions.
            from_call: Without effect.

        Raises:
            ExplainerError: Sums differ from the predictions.
            DataError: The table does not fit the model.
        """
        if self._core is None or approximate:
            if self._core is not None:
                self._warn("approximate=True")
            values = self._peer.shap_values(X, y, tree_limit, approximate, check_additivity, from_call)
            self.expected_value = self._peer.expected_value
            check_peer(self._peer, values, X)
            return values
        answers = self._answers(tree_limit)
        values = answers.values(X)
        if check_additivity:
            answers.check(values, X)
        return answers.shaped(values, X)

    def shap_interaction_values(
        self, X: AnyTable, y: AnyTable = None, tree_limit: int | None = None
    ) -> np.ndarray:
        """Contributions of pairs, shape (rows, columns, columns), or with outputs last if there are several.

        A pair's contribution is halved between its two cells, so a column's row sums to its contribution.
        """
        if self._core is None or self.model_output != "raw":
            if is_catboost(self._model):  # pairs add up to its contributions, which must add up too
                self.shap_values(X, y)
            return self._peer.shap_interaction_values(X, y, tree_limit)
        answers = self._answers(tree_limit)
        return answers.shaped(answers.interactions(X), X)

    def assert_additivity(self, phi: np.ndarray, model_output: np.ndarray) -> None:
        """Raise shap's ExplainerError unless contributions and the expected value add up to outputs."""
        self._peer.assert_additivity(phi, model_output)

    @staticmethod
    def supports_model_with_masker(model: AnyModel, masker: AnyTable) -> bool:
        """Whether the class explains the model against the masker."""
        from shap.explainers._tree import TreeExplainer as Peer

        table = masker is None or (type(masker).__name__ == "Independent" and is_masker(masker))
        own = available() and table and tree_model_of(model) is not None
        return own or bool(Peer.supports_model_with_masker(model, masker))

    def _plan(self) -> None:
        """Read the trees, with MXT or else with shap, and make the engine; if that fails, shap serves."""
        self._made: dict[int | None, Answers | CatboostAnswers] = {}
        self._core = None if "_peer" in vars(self) else self._read()
        try:
            if self._core is not None:
                self._answers(None)
        except ModelError:
            self._core = None
        if self._core is None:
            self.expected_value = self._peer.expected_value
        if not isinstance(self._core, TreeModel):
            self._warn(f"model_output={self.model_output!r}", "shap" if self._core is None else "CatBoost")

    def _read(self) -> TreeModel | CatboostPredictor | None:
        """The model's trees, or its predictor if only CatBoost reads the trees; None if shap must serve."""
        weighed = self.data is not None and self.feature_perturbation == "tree_path_dependent"
        readable = available() and not weighed and self._model is not None
        trees = tree_model_of(self._model) if readable else None
        if self.model_output in CHANCES:
            scaled = trees is not None and (trees.chances or trees.slope is not None)
            return trees if scaled and self.feature_perturbation == "interventional" else None
        if self.model_output == "raw" and trees is not None:
            return trees
        own = catboost_predictor(self._model) if self.model_output == "raw" and self.data is None else None
        if own is not None or not available() or self.model_output == "log_loss":
            return own
        return tree_model_of_shap(self.model, None if self.data is None else self.data.shape[1])

    def _answers(self, tree_limit: int | None) -> Answers | CatboostAnswers:
        """The engine of the first trees; its base becomes the expected value."""
        if (core := self._core) is not None and tree_limit not in self._made:
            rows = self._rows if self.feature_perturbation == "interventional" else None
            if isinstance(core, TreeModel):
                self._made[tree_limit] = Answers(core, self.model_output, rows, tree_limit)
            else:
                self._made[tree_limit] = CatboostAnswers(core, tree_limit)
        self.expected_value = self._made[tree_limit].expected
        return self._made[tree_limit]

    @cached_property
    def _peer(self) -> shap.TreeExplainer:
        """Shap's own explainer, with the same arguments."""
        from shap.explainers._tree import TreeExplainer as Peer

        given = (self.masker, self.model_output, self.feature_perturbation, self.feature_names)
        peer = Peer(self.model.trees if self._model is None else self._model, *given)
        if self._model is None:
            peer.model, peer.expected_value = self.model, self.expected_value
        return peer

    def _warn(self, what: str, who: str = "shap") -> None:
        name = type(self.model if self._model is None else self._model).__name__
        warnings.warn(f"MXT's engine does not serve {what} of this {name}; {who} itself does.", stacklevel=4)

    def __getstate__(self) -> dict[str, object]:
        """The arguments, to plan anew, with the arrays that shap read in place of a model it alone reads."""
        made = ("_core", "_made", "_peer", "model", "masker")
        state = {name: value for name, value in vars(self).items() if name not in made}
        if self._core is None:
            return state | {"_model": None, "_peer": self._peer}
        if isinstance(self._core, TreeModel) and self._core.by_shap:
            return state | {"_model": None, "model": self.model}
        return state | {"_model": portable(self._model)}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._plan()
