"""A model whose source columns are prepared by MXT before the model's own predictor sees them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.predictors.base import Predictor
from mxt.predictors.base.preparation import from_ascii

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    import numpy as np
    import pandas as pd
    from scipy.sparse import spmatrix

    from mxt.predictors.base import Composition
    from mxt.predictors.base.outputs import Contributions, Scores
    from mxt.predictors.base.preparation import Preparation
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link


class PreparedPredictor(Predictor):
    """The predictor of a library over prepared columns, seen from the source columns.

    Its encoding is the preparation followed by the library's own encoding, so that contributions of all that
    is made of a source column are summed over that column.
    """

    flavor: ClassVar[str] = ""

    def __init__(self, inner: Predictor, preparation: Preparation, columns: list[str]) -> None:
        """Put a preparation before a predictor.

        Args:
            inner: Predicts from the columns that the preparation makes.
            preparation: What is done to the source columns.
            columns: The source columns, in the order that the model was trained on.
        """
        super().__init__(inner.native, columns, inner.classes)
        self.task = inner.task
        self._inner = inner
        self.preparation = preparation

    @property
    def inner(self) -> Predictor:
        return self._inner

    def opened(self, columns: Iterable[str]) -> Self:
        other = copy.copy(self)
        other._inner = self.inner.opened(self.preparation.names([*columns]))  # noqa: SLF001 - its own copy
        return other

    @property
    def categories(self) -> dict[str, pd.Index]:
        known = self.inner.categories
        steps = {source: self.preparation.step(source) for source in self.columns}
        return {
            source: from_ascii(known[name]) if step.spelt else known[name]
            for source, step in steps.items()
            for name in step.made
            if name in known
        }

    def _prepared(self, inputs: pd.DataFrame) -> pd.DataFrame:
        return self.preparation.apply(self.select(inputs))

    @property
    def core(self) -> Any:
        return self.inner.core

    @property
    def sources(self) -> list[int]:
        places = self.preparation.places(self.columns)
        return [places[place] for place in self.inner.sources]

    def encode(self, inputs: pd.DataFrame) -> Any:
        return self.inner.encode(self._prepared(inputs))

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        return self.inner.labels_and_probabilities(self._prepared(inputs))

    def probabilities(self, inputs: pd.DataFrame) -> np.ndarray | None:
        return self.inner.probabilities(self._prepared(inputs))

    def scores(self, inputs: pd.DataFrame) -> Scores:
        return self.inner.scores(self._prepared(inputs))

    @property
    def trees(self) -> TreeEnsemble | None:
        return self.inner.trees

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        return self.inner.contributions(self._prepared(inputs))

    @property
    def parts(self) -> Composition | None:
        return self.inner.parts

    @property
    def link(self) -> Link | None:
        return self.inner.link

    @property
    def linked(self) -> bool:
        return self.inner.linked

    def seen(self, inputs: pd.DataFrame) -> pd.DataFrame:
        return self.inner.seen(self._prepared(inputs))

    def dense(self, matrix: spmatrix) -> np.ndarray:
        return self.inner.dense(matrix)

    @property
    def calibration(self) -> tuple[float, float]:
        return self.inner.calibration

    @property
    def importances(self) -> dict[str, np.ndarray]:
        return self.inner.importances

    @property
    def outputs(self) -> list[str]:
        return self.inner.outputs


def prepared(predictor: Predictor, preparation: Preparation, columns: list[str]) -> Predictor:
    """The predictor of source `columns`, itself if nothing is done to them."""
    return PreparedPredictor(predictor, preparation, columns) if preparation else predictor
