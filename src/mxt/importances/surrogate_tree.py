"""A small tree that imitates the model, and how well it does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.datasets.splitters.base import draw, lowest_share
from mxt.errors import DataError, named
from mxt.explainers.base.units import Unit
from mxt.findings import Grid, Paragraph
from mxt.importances.base import Basis, Importance, Measurement, ranked
from mxt.importances.base.curves import prediction_function, predictions_with_cells
from mxt.importances.base.draws import drawn
from mxt.importances.base.rules import Imitation, imitate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions

LEAST_ROWS = 5
"""Fewest rows of a leaf, so that no rule describes a single row; or one row in a hundred, if that is more."""
_FEWEST = 4 * LEAST_ROWS


class SurrogateTreeImportance(Importance):
    """A regression tree fitted to the model's predictions (Craven and Shavlik 1995), in source columns.

    The tree's fidelity is the share of the predictions' variance that it explains (R squared), on rows held
    out from the fit: near 1, its rules describe the model; lower, they describe that share of its behaviour.
    A column's importance is its share in the variance that the tree's splits explain. Categories are split
    into two sets.

    Example:
        {KIND: SurrogateTreeImportance, depth: 2}
    """

    KIND: Literal["SurrogateTreeImportance"] = "SurrogateTreeImportance"

    depth: Annotated[int, Field(ge=1, le=6)] = 3
    """Most splits on the way to a prediction."""

    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the rows that are held out from the fit, to measure the fidelity."""

    rows: Annotated[int, Field(ge=_FEWEST)] = 20_000
    """Most rows to use, drawn by their ids and the seed."""

    unit: Unit = "probability"
    """Whether the tree imitates a classifier's probabilities or its margins."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draws."""

    method: ClassVar[str] = "surrogate_tree"

    def measure(self, basis: Basis) -> Measurement:
        import numpy as np
        import pandas as pd

        inputs = drawn(basis.samples(self.KIND), self.rows, self.seed)
        if len(inputs) < _FEWEST:
            msg = f"A surrogate tree needs {_FEWEST} rows at least; there are {len(inputs)}."
            raise DataError(msg)
        predictor, rows = basis.predictor, np.arange(len(inputs))
        predict, unit = prediction_function(predictor, self.unit)
        scores = predictions_with_cells(predict, inputs, predictor.columns[0], rows, rows)
        held_out = lowest_share(draw(inputs.index, self.seed + 1), self.test_share)
        least = max(LEAST_ROWS, math.ceil(len(inputs) / 100))
        tables: list[pd.DataFrame] = []
        blocks: list[Block] = []
        for place, name in enumerate(predictor.outputs):
            tree = imitate(inputs, scores[:, place], held_out, self.depth, least)
            facts = {"class": name or None, "n": tree.rows, "fidelity": tree.fidelity}
            shares = tree.fitted.feature_importances_
            tables.append(ranked(predictor.columns, shares, self.method, "share of variance told", **facts))
            blocks += _rules(tree, name, unit, basis.captions)
        return Measurement(pd.concat(tables, ignore_index=True), blocks=blocks)


def _rules(tree: Imitation, name: str, unit: str, captions: Captions) -> Sequence[Block]:
    """For a page: the fidelity in a sentence, and the rules as a table."""
    what = "prediction" if unit == "target" else unit
    of_class = f" of class {named(captions.label(name))}" if name else ""
    fidelity = (
        f"A tree of at most {tree.fitted.get_depth()} questions imitates the {what}{of_class} with a "
        f"fidelity of {tree.fidelity:.3f} (R squared on rows held out; 1 is perfect)."
    )
    rows = [(leaf.rule, f"{leaf.score:.4g}", f"{leaf.rows:,}") for leaf in tree.leaves(captions)]
    return Paragraph(fidelity), Grid(("rule", f"mean {what}", "rows"), rows)
