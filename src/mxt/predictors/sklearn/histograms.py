"""The trees of scikit-learn's histogram gradient boosting.

Before its trees, the estimator codes its own columns of categories and puts them first; here columns keep
their order, and only the codes remain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.predictors.base.trees import TreeEnsemble

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator


def columns_of(core: BaseEstimator, encoded: Any) -> np.ndarray:
    """Numbers and codes as the trees test them, float64, shape (rows, columns), in the order of `encoded`."""
    import numpy as np

    if not len(encoded):
        return np.empty((0, core.n_features_in_))
    ordered = core._preprocess_X(encoded, reset=False)  # noqa: SLF001 - scikit-learn has no public function for it
    matrix = np.empty(ordered.shape)
    matrix[:, _order(core)] = ordered
    return matrix


def read_histograms(core: BaseEstimator) -> TreeEnsemble:
    """The trees of a HistGradientBoosting estimator, with counts of training rows as covers."""
    import numpy as np

    grown = [(output, one) for stage in core._predictors for output, one in enumerate(stage)]  # noqa: SLF001 - kept nowhere else
    base = np.asarray(core._baseline_prediction, dtype=np.float64).reshape(-1)  # noqa: SLF001 - as above
    sizes = [len(one.nodes) for _, one in grown]
    roots = np.cumsum([0, *sizes])
    nodes, starts = np.concatenate([one.nodes for _, one in grown]), np.repeat(roots[:-1], sizes)
    leaf, order = nodes["is_leaf"].astype(bool), _order(core)
    chosen = nodes["is_categorical"].astype(bool) & ~leaf
    values = np.zeros((len(nodes), len(base)))
    values[np.arange(len(nodes)), np.repeat([output for output, _ in grown], sizes)] = nodes["value"]
    firsts = np.cumsum([0, *(len(one.raw_left_cat_bitsets) for _, one in grown)])[:-1]
    return TreeEnsemble(
        roots=roots[:-1].astype(np.int32),
        left=np.where(leaf, -1, nodes["left"] + starts).astype(np.int32),
        right=np.where(leaf, -1, nodes["right"] + starts).astype(np.int32),
        feature=np.where(leaf, -1, order[np.where(leaf, 0, nodes["feature_idx"])]).astype(np.int32),
        threshold=np.where(leaf | chosen, 0.0, nodes["num_threshold"]),
        missing_left=nodes["missing_go_to_left"].astype(bool) & ~leaf,
        category=np.where(chosen, nodes["bitset_idx"] + np.repeat(firsts, sizes), -1).astype(np.int32),
        cover=nodes["count"].astype(np.float64),
        values=np.where(leaf[:, np.newaxis], values, 0.0),
        base=base,
        columns=len(order),
        sets=tuple(_members(bits) for _, one in grown for bits in one.raw_left_cat_bitsets),
        known=_known(core, order),
    )


def _order(core: BaseEstimator) -> np.ndarray:
    """For each column that the trees test, its position before the estimator's own coding."""
    import numpy as np

    if core.is_categorical_ is None:
        return np.arange(core.n_features_in_)
    return np.argsort(~core.is_categorical_, kind="stable")


def _members(bits: np.ndarray) -> np.ndarray:
    """The categories that a set of 256 bits holds, lowest bit first."""
    import numpy as np

    words = np.ascontiguousarray(bits).astype("<u4").view(np.uint8)
    return np.flatnonzero(np.unpackbits(words, bitorder="little")).astype(np.int64)


def _known(core: BaseEstimator, order: np.ndarray) -> tuple[np.ndarray | None, ...]:
    """The categories seen in training; any other is read as missing."""
    if core.is_categorical_ is None:
        return (None,) * len(order)
    bitsets, rows = core._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001 - kept nowhere else
    known: list[np.ndarray | None] = [None] * len(order)
    for column, place in enumerate(order):
        if core.is_categorical_[place]:
            known[place] = _members(bitsets[rows[column]])
    return tuple(known)
