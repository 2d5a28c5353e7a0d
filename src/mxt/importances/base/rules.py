"""A small tree in source columns: fitted to scores, tested on rows held out, and written as rules."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from mxt.importances.base import texts
from mxt.importances.base.moments import is_time, ordered, written
from mxt.schemas.captions import NO_CAPTIONS, Captions
from mxt.schemas.casts import holds_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.tree import DecisionTreeRegressor

SHOWN = 5
"""Most categories that a rule names."""


@dataclass(frozen=True)
class Coding:
    """How one column enters the tree: a number as it is, a category by the rank of its mean score."""

    column: str
    categories: list[str | None] | None
    """The categories in the order of their codes; None for a column of numbers."""
    gaps: bool
    """Whether numbers are missing in the rows that the tree was fitted to."""
    times: bool = False
    """Whether the numbers are days elapsed, of a column of times."""

    def codes(self, cells: pd.Series) -> np.ndarray:
        """Numbers, NaN for a missing number or a category not seen before: shape (rows,)."""
        import numpy as np

        if self.categories is None:
            return ordered(cells).to_numpy(dtype=float, na_value=np.nan)
        places = {text: place for place, text in enumerate(self.categories)}
        return np.array([places.get(text, np.nan) for text in texts(cells)], dtype=float)


class Bounds(NamedTuple):
    """Codes of one column that reach a leaf: low < code <= high, and missing values if `missing`."""

    low: float = float("-inf")
    high: float = float("inf")
    missing: bool = True


class Leaf(NamedTuple):
    """A leaf of a tree: the rule that leads there, and the mean score and number of its rows."""

    rule: str
    score: float
    rows: int


@dataclass(frozen=True)
class Imitation:
    """A tree fitted to a model's scores, and how well it imitates them."""

    fitted: DecisionTreeRegressor
    codings: list[Coding]
    fidelity: float
    """R squared on the rows held out, at most 1."""
    rows: int
    """Number of rows that it was fitted to."""

    def leaves(self, captions: Captions = NO_CAPTIONS) -> list[Leaf]:
        """The leaves, the lowest score first, with the captions of columns and values in their rules."""
        tree = self.fitted.tree_
        leaves: list[Leaf] = []

        def visit(node: int, known: dict[int, Bounds]) -> None:
            left, right = tree.children_left[node], tree.children_right[node]
            if left < 0:
                rule = " and ".join(_condition(self.codings[at], known[at], captions) for at in sorted(known))
                score, rows = float(tree.value[node, 0, 0]), int(tree.n_node_samples[node])
                leaves.append(Leaf(rule or "any row", score, rows))
                return
            at, cut = int(tree.feature[node]), float(tree.threshold[node])
            goes_left, before = bool(tree.missing_go_to_left[node]), known.get(at, Bounds())
            lower = Bounds(before.low, min(before.high, cut), before.missing and goes_left)
            upper = Bounds(max(before.low, cut), before.high, before.missing and not goes_left)
            visit(left, {**known, at: lower})
            visit(right, {**known, at: upper})

        visit(0, {})
        return sorted(leaves, key=lambda leaf: leaf.score)


def imitate(
    inputs: pd.DataFrame, scores: np.ndarray, held_out: np.ndarray, depth: int, least_rows: int
) -> Imitation:
    """Fit a tree to the scores of the rows that are not held out, and test it on the rows held out.

    Args:
        inputs: Source columns of any type.
        scores: What to imitate, shape (rows,).
        held_out: Booleans, shape (rows,).
        depth: Most splits on the way to a leaf.
        least_rows: Fewest rows of a leaf.
    """
    import numpy as np
    from sklearn.tree import DecisionTreeRegressor

    known, wanted = inputs[~held_out], scores[~held_out]
    codings = [_coding(known[name], wanted) for name in inputs]
    encoded = np.column_stack([coding.codes(inputs[coding.column]) for coding in codings])
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=least_rows, random_state=0)
    tree.fit(encoded[~held_out], wanted)
    fidelity = _fidelity(scores[held_out], tree.predict(encoded[held_out]))
    return Imitation(tree, codings, fidelity, len(known))


def _coding(cells: pd.Series, scores: np.ndarray) -> Coding:
    """The coding of one column; categories are ordered by their mean score.

    So the best split into two sets of categories is a split of the codes.

    Source: Breiman et al. 1984, Classification and Regression Trees, section 4.2.
    """
    import pandas as pd

    name = str(cells.name)
    if holds_numbers(cells):
        return Coding(name, None, gaps=bool(cells.isna().any()))
    if is_time(cells):
        return Coding(name, None, gaps=bool(cells.isna().any()), times=True)
    named = texts(cells)
    table = pd.DataFrame({"named": [text or "" for text in named], "gap": [text is None for text in named]})
    means = table.assign(score=scores).groupby(["named", "gap"])["score"].mean().sort_values(kind="stable")
    return Coding(name, [None if gap else text for text, gap in means.index], gaps=False)


def _fidelity(scores: np.ndarray, imitated: np.ndarray) -> float:
    """R squared, in which a constant score is imitated wholly or not at all."""
    lost, whole = ((scores - imitated) ** 2).sum(), ((scores - scores.mean()) ** 2).sum()
    if whole == 0:
        return 1.0 if lost == 0 else 0.0
    return float(1 - lost / whole)


def _condition(coding: Coding, bounds: Bounds, captions: Captions) -> str:
    """The condition that the bounds put on the column, as text."""
    column = captions.column(coding.column)
    if coding.categories is not None:
        texts = [None if text is None else captions.value(coding.column, text) for text in coding.categories]
        return _category_condition(column, texts, bounds)
    low, high, missing = bounds
    least, most = (written(end) if coding.times and isfinite(end) else f"{end:.6g}" for end in (low, high))
    gap = " or missing" if missing and coding.gaps else ""
    if low == float("inf"):
        return f"{column} missing"
    if (low, high) == (float("-inf"), float("inf")):
        return f"{column} known"
    if low == float("-inf"):
        return f"{column} <= {most}{gap}"
    if high == float("inf"):
        return f"{column} > {least}{gap}"
    return f"{least} < {column} <= {most}{gap}"


def _category_condition(column: str, categories: list[str | None], bounds: Bounds) -> str:
    within = [bounds.low < place <= bounds.high for place in range(len(categories))]
    inside = [text for text, known in zip(categories, within, strict=True) if known]
    outside = [text for text, known in zip(categories, within, strict=True) if not known]
    few, word = (inside, "in") if len(inside) <= len(outside) else (outside, "not in")
    names = ["missing" if text is None else repr(text) for text in few[:SHOWN]]
    more = f" and {len(few) - SHOWN} more" if len(few) > SHOWN else ""
    return f"{column} {word} {{{', '.join(names)}}}{more}"
