"""The trees of a CatBoost model, read from its JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mxt.predictors.base.trees import TreeEnsemble

if TYPE_CHECKING:
    import numpy as np


Node = dict[str, Any]  # a tree of CatBoost's own JSON


class _Nodes(NamedTuple):
    """Nodes of some trees, one tree after the other, as in `TreeEnsemble`."""

    roots: np.ndarray
    left: np.ndarray
    right: np.ndarray
    split: np.ndarray
    """Index of the split that a node tests, -1 at a leaf."""
    cover: np.ndarray
    values: np.ndarray


def read_trees(content: Node, columns: int) -> TreeEnsemble | None:
    """The trees of a CatBoost model's JSON, with training weights as covers.

    If a tree has no weights, the ensemble has no covers; CatBoost would count the rows that it explains.
    An oblivious tree becomes a full binary tree that tests its last split first, as CatBoost's ShapValues do.

    Args:
        content: The JSON that ``save_model(format="json")`` writes.
        columns: Number of columns that the model sees.

    Returns:
        None if a split tests anything but a number: a category, a text, an embedding.
    """
    import numpy as np

    floats = {each["feature_index"]: each for each in content["features_info"].get("float_features", [])}
    trees = content.get("oblivious_trees") or content.get("trees") or []
    splits = _splits(trees)
    if any(split["split_type"] != "FloatFeature" for split in splits):
        return None
    scale, bias = content["scale_and_bias"]
    nodes = _oblivious(trees, len(bias)) if "oblivious_trees" in content else _branching(trees, len(bias))
    tested = np.full(max((split["split_index"] for split in splits), default=0) + 2, -1, dtype=np.int32)
    borders = np.zeros(len(tested))
    missing_left = np.zeros(len(tested), dtype=bool)
    for split in splits:
        place, column = split["split_index"], floats[split["float_feature_index"]]
        tested[place], borders[place] = column["flat_feature_index"], np.float32(split["border"])
        missing_left[place] = column["nan_value_treatment"] != "AsTrue"
    weighed = (nodes.cover[nodes.roots] > 0) | (nodes.left[nodes.roots] < 0)
    return TreeEnsemble(
        roots=nodes.roots.astype(np.int32),
        left=nodes.left.astype(np.int32),
        right=nodes.right.astype(np.int32),
        feature=tested[nodes.split],
        threshold=borders[nodes.split],
        missing_left=missing_left[nodes.split],
        category=np.full(len(nodes.left), -1, dtype=np.int32),
        cover=nodes.cover if weighed.all() else np.zeros_like(nodes.cover),
        values=scale * nodes.values,
        base=np.array(bias, dtype=float),
        columns=columns,
        precision="float32",
    )


def _splits(trees: list[Node]) -> list[Node]:
    """Every split of every tree."""
    splits: list[Node] = []
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        splits += node.get("splits") or ([node["split"]] if "split" in node else [])
        waiting += [node[side] for side in ("left", "right") if side in node]
    return splits


def _oblivious(trees: list[Node], outputs: int) -> _Nodes:
    """Oblivious trees as full binary ones; the last split is the root, so leaves keep their order."""
    import numpy as np

    parts, place = [], 0
    for tree in trees:
        splits = [split["split_index"] for split in reversed(tree.get("splits") or [])]
        leaves = np.array(tree["leaf_values"], dtype=float).reshape(-1, outputs)
        weights = np.array(tree.get("leaf_weights") or np.zeros(len(leaves)), dtype=float)
        nodes = _pruned(_full(splits, weights, leaves))
        parts.append(_moved(nodes, place))
        place += len(nodes.left)
    return _Nodes(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _full(splits: list[int], weights: np.ndarray, leaves: np.ndarray) -> _Nodes:
    """A full tree in level order: the children of node n are 2 n + 1 and 2 n + 2."""
    import numpy as np

    depth, inner = len(splits), 2 ** len(splits) - 1
    place = np.arange(2 * inner + 1)
    levels = [weights]
    for _ in range(depth):
        levels.insert(0, levels[0].reshape(-1, 2).sum(axis=1))
    split = np.repeat([*splits, -1], [2**level for level in range(depth + 1)])
    values = np.concatenate([np.zeros((inner, leaves.shape[1])), leaves])
    at_leaf = place >= inner
    return _Nodes(
        np.zeros(1, dtype=int),
        np.where(at_leaf, -1, 2 * place + 1),
        np.where(at_leaf, -1, 2 * place + 2),
        split,
        np.concatenate(levels),
        values,
    )


def _pruned(nodes: _Nodes) -> _Nodes:
    """The same tree without tests that no training row reached and that make no difference.

    An oblivious tree that tests a column twice has many such tests, whose leaves all hold zero.
    """
    import numpy as np

    left, right, split, values = nodes.left.copy(), nodes.right.copy(), nodes.split.copy(), nodes.values
    values = values.copy()
    for place in np.flatnonzero((left >= 0) & (nodes.cover == 0))[::-1]:
        one, other = left[place], right[place]
        if left[one] < 0 and left[other] < 0 and (values[one] == values[other]).all():
            values[place], left[place], right[place], split[place] = values[one], -1, -1, -1
    kept = np.zeros(len(left), dtype=bool)
    kept[0] = True
    for place in np.flatnonzero(left >= 0):
        kept[[left[place], right[place]]] = kept[place]
    moved = np.append(np.cumsum(kept) - 1, -1)
    return _Nodes(
        nodes.roots, moved[left[kept]], moved[right[kept]], split[kept], nodes.cover[kept], values[kept]
    )


def _moved(nodes: _Nodes, by: int) -> _Nodes:
    import numpy as np

    return nodes._replace(
        roots=nodes.roots + by,
        left=np.where(nodes.left < 0, -1, nodes.left + by),
        right=np.where(nodes.right < 0, -1, nodes.right + by),
    )


def _branching(trees: list[Node], outputs: int) -> _Nodes:
    """Trees that were grown depthwise or lossguide, which the JSON nests."""
    import numpy as np

    left: list[int] = []
    right: list[int] = []
    roots, split, cover, values = [], [], [], []
    for tree in trees:
        roots.append(len(left))
        waiting: list[tuple[Node, int, list[int]]] = [(tree, -1, left)]
        while waiting:
            node, parent, side = waiting.pop()
            place, at_leaf = len(left), "split" not in node
            if parent >= 0:
                side[parent] = place
            left.append(-1)
            right.append(-1)
            split.append(-1 if at_leaf else node["split"]["split_index"])
            cover.append(float(node.get("weight", 0)) if at_leaf else 0.0)
            values.append(np.resize(node["value"], outputs) if at_leaf else np.zeros(outputs))
            if not at_leaf:
                waiting += [(node["right"], place, right), (node["left"], place, left)]
    weights = np.array(cover)
    for place in reversed(range(len(left))):  # children come after their parent
        if left[place] >= 0:
            weights[place] = weights[left[place]] + weights[right[place]]
    places = [np.array(part) for part in (roots, left, right, split)]
    return _Nodes(places[0], places[1], places[2], places[3], weights, np.array(values, dtype=float))
