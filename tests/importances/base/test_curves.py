"""Laws that partial dependence and accumulated local effects share, with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from importances.curves import TRUTH, additive, curve, effects, subject
from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base import Basis
from mxt.importances.base.levels import levels_of
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.predictors.sklearn import SklearnPredictor

if TYPE_CHECKING:
    from mxt.importances.base import Importance

CHANCE = np.random.default_rng(0)
CURVES: list[Importance] = [PartialDependenceImportance(), AccumulatedEffectsImportance()]
EACH = pytest.mark.parametrize("importance", CURVES, ids=lambda importance: importance.KIND)


@pytest.mark.parametrize("column", TRUTH)
@EACH
def test_the_curve_of_an_additive_function_is_its_part(
    importance: Importance, column: str, mixed: pd.DataFrame
) -> None:
    found = curve(importance, subject(additive, mixed), column)
    levels = levels_of(mixed[column], 20, 30)
    cells = mixed[column].iloc[levels.donors]
    truth = pd.Series(np.asarray(TRUTH[column](cells), dtype=float), pd.Index(levels.labels, dtype=object))
    wanted = [
        truth[text] if isinstance(text, str) else truth[truth.index.isna()].item() for text in found["value"]
    ]
    shift = found["effect"] - wanted
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)
    if importance.KIND == "AccumulatedEffectsImportance":  # type: ignore[attr-defined] # every kind has one
        ends = [0, len(found) - 1] if column == "x" else []
        assert np.flatnonzero(found["ci_low"].isna()).tolist() == ends
        known = found.drop(index=ends)
        own = TRUTH[column](mixed[column])[mixed[column].notna() | (column == "text")]
        reach = stats.t.ppf(0.975, len(own) - 1) * np.std(own, ddof=1) / np.sqrt(len(own))
        np.testing.assert_allclose(known["ci_high"] - known["effect"], reach)
        np.testing.assert_allclose(known["effect"] - np.array(wanted)[known.index], -np.mean(own), atol=1e-9)


@EACH
def test_curves_do_not_depend_on_the_order_of_rows(importance: Importance, forest: Any) -> None:
    predictor, inputs = forest
    few = importance.model_copy(update={"rows": 100})
    one, other = (effects(few, Basis(predictor, table)) for table in (inputs, inputs.iloc[::-1]))
    pd.testing.assert_frame_equal(one, other)
    seeded = few.model_copy(update={"seed": 1})
    assert not one["effect"].equals(effects(seeded, Basis(predictor, inputs))["effect"])


@EACH
def test_margins_may_be_asked_for(importance: Importance, mixed: pd.DataFrame) -> None:
    from sklearn.linear_model import LogisticRegression

    inputs = mixed[["x", "count"]]
    native = LogisticRegression().fit(inputs, additive(mixed) > np.median(additive(mixed)))
    of = Basis(SklearnPredictor(native, []), inputs)
    found = curve(importance.model_copy(update={"unit": "margin"}), of, "x")
    slopes = np.diff(found["effect"]) / np.diff(found["number"])
    np.testing.assert_allclose(slopes, native.coef_[0, 0], rtol=1e-9)
    assert set(found["unit"]) == {"margin"}


@EACH
@pytest.mark.parametrize("cells", [[None] * 30, [1.5] * 30, ["a"] * 30, [True] * 30])
def test_a_column_of_one_value_has_no_importance(importance: Importance, cells: list[Any]) -> None:
    inputs = pd.DataFrame({"same": cells, "x": np.arange(30.0)})
    found = importance.measure(subject(lambda table: table["x"], inputs))
    assert found.table is not None
    assert found.table.set_index("feature")["importance"].to_dict() == pytest.approx(
        {"x": found.table["importance"].max(), "same": 0}
    )
    assert found.effects is not None
    assert (found.effects["feature"] == "same").sum() == 1
