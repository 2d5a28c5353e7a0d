"""The trees of a model that shap has parsed, converted from shap's arrays to MXT's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base.trees import Missing, TreeEnsemble, require_sound

if TYPE_CHECKING:
    import numpy as np
    from shap.explainers._tree import TreeEnsemble as Parsed

_NAN: tuple[Missing] = ("nan",)


def read_trees(parsed: Parsed, columns: int) -> TreeEnsemble | None:
    """The trees that shap has parsed from a model; the weights of nodes become covers.

    Args:
        parsed: The model as shap holds it.
        columns: Number of columns that the model takes.

    Returns:
        The trees; None if shap could not read them, or they split on categories.

    Raises:
        ModelError: The model is damaged.
    """
    import numpy as np

    if not parsed.trees or parsed.cat_feature_indices is not None or parsed.threshold_types.any():
        return None
    sizes, nodes = parsed.num_nodes, _Arrays(parsed)
    roots = np.cumsum(sizes) - sizes
    starts = np.repeat(roots, sizes)
    left, right, default = (nodes(f"children_{side}") for side in ("left", "right", "default"))
    leaf = left < 0
    single = parsed.model_type == "xgboost" or np.dtype(parsed.input_dtype) == np.float32
    trees = TreeEnsemble(
        roots=roots.astype(np.int32),
        left=np.where(leaf, -1, left + starts).astype(np.int32),
        right=np.where(leaf, -1, right + starts).astype(np.int32),
        feature=np.where(leaf, -1, nodes("features")).astype(np.int32),
        threshold=np.where(leaf, 0, nodes("thresholds")).astype(np.float64),
        missing_left=(default == left) & ~leaf,
        category=np.full(len(leaf), -1, dtype=np.int32),
        cover=nodes("node_sample_weight").astype(np.float64),
        values=np.where(leaf[:, np.newaxis], nodes("values"), 0.0).astype(np.float64),
        base=np.asarray(parsed.base_offset, dtype=np.float64).reshape(-1),
        columns=columns,
        precision="float32" if single else "float64",
        missing=_NAN * columns,
        known=(None,) * columns,
    )
    return require_sound(trees, "model's")


class _Arrays:
    """Shap's arrays, which have one row a tree, without the padding of shorter trees."""

    def __init__(self, parsed: Parsed) -> None:
        import numpy as np

        self._parsed = parsed
        self._used = np.arange(parsed.children_left.shape[1]) < parsed.num_nodes[:, np.newaxis]

    def __call__(self, name: str) -> np.ndarray:
        return getattr(self._parsed, name)[self._used]
