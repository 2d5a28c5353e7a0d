"""An explanation's law, its forms, and the folding of encoded columns, on explanations made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mxt.errors import ModelError
from mxt.explainers.base import Explanation, fold, join, require_background

VALUES = np.random.default_rng(0).normal(size=(5, 3, 2))


def made(values: np.ndarray = VALUES, **facts: object) -> Explanation:
    """An explanation of five rows and two outputs that adds up."""
    base = np.array([1.0, -1.0])
    ids = pd.Index([f"id-{row}" for row in range(len(values))], name="key")
    whole = Explanation(
        ids, [*"abc"], values, base, base + values.sum(axis=1), "margin", ["x", "y"], "by hand"
    )
    return replace(whole, **facts)  # type: ignore[arg-type] # fields by name


def test_base_plus_contributions_is_the_prediction_or_a_row_is_refused_by_its_id() -> None:
    assert made().checked() is not None
    wrong = VALUES.copy()
    wrong[2, 0, 0] += 1
    with pytest.raises(ModelError, match=r"1 of 5 rows do not add up.*method by hand.*'id-2'"):
        made(prediction=made().prediction, values=wrong).checked()
    with pytest.raises(ModelError, match="5 of 5 rows do not add up"):
        made(prediction=made().prediction, values=VALUES * np.nan).checked()
    with pytest.raises(ModelError, match="scores of 1 of 5 rows are not finite"):
        made(prediction=np.where(np.arange(5)[:, None] == 3, np.inf, made().prediction)).checked()


def test_a_tolerance_grows_with_the_prediction() -> None:
    large = made(np.full((1, 3, 2), 1e6))
    assert large.residual.max() == 0
    assert replace(large, prediction=large.prediction + 100).checked() is not None
    with pytest.raises(ModelError, match="do not add up"):
        replace(large, prediction=large.prediction + 1000).checked()


def test_contributions_of_a_surrogate_need_only_be_finite() -> None:
    off = made(prediction=made().prediction + 7, additive=False)
    assert off.checked() is off
    with pytest.raises(ModelError, match="5 of 5 rows are not finite numbers"):
        replace(off, values=VALUES * np.nan).checked()


def test_parts_are_joined_in_their_order() -> None:
    whole = made(base=np.tile([1.0, -1.0], (5, 1)), standard_error=np.abs(VALUES), fit={"r": VALUES[:, 0]})
    cuts = [slice(0, 2), slice(2, 2), slice(2, 5)]
    parts = [
        replace(
            whole,
            ids=whole.ids[at],
            values=VALUES[at],
            base=whole.base[at],
            prediction=whole.prediction[at],
            standard_error=np.abs(VALUES)[at],
            fit={"r": VALUES[at, 0]},
        )
        for at in cuts
    ]
    back = join(parts)
    assert back.ids.equals(whole.ids)
    for name in ("values", "base", "prediction", "standard_error"):
        np.testing.assert_array_equal(getattr(back, name), getattr(whole, name))
    assert back.fit is not None
    np.testing.assert_array_equal(back.fit["r"], VALUES[:, 0])


def test_arrow_columns_are_the_contributions_to_one_output() -> None:
    table = made().to_arrow(1)
    assert table.column_names == ["key", "a", "b", "c"]
    assert table["key"].to_pylist() == [f"id-{row}" for row in range(5)]
    assert table["b"].to_pylist() == VALUES[:, 1, 1].tolist()


def test_intervals_are_students_and_exact_values_have_none() -> None:
    assert made().intervals is None
    found = made(standard_error=np.full(VALUES.shape, 0.5), freedom=9.0).intervals
    assert found is not None
    reach = stats.t.ppf(0.975, 9) * 0.5
    np.testing.assert_allclose(found.high - found.estimate, reach)
    np.testing.assert_allclose(found.estimate - found.low, reach)


def test_encoded_columns_are_summed_over_their_sources() -> None:
    folded = fold(VALUES, [1, 0, 1], 2)
    np.testing.assert_allclose(folded[:, 0], VALUES[:, 1])
    np.testing.assert_allclose(folded[:, 1], VALUES[:, 0] + VALUES[:, 2])
    assert fold(VALUES, [0, 1, 2], 3) is VALUES
    with pytest.raises(ModelError, match="sees 3 columns, but 2 were traced"):
        fold(VALUES, [0, 1], 2)


def test_a_background_has_rows() -> None:
    rows = pd.DataFrame({"a": [1]})
    assert require_background(rows, "LimeExplainer") is rows
    for none in (None, rows[:0]):
        with pytest.raises(ModelError, match="LimeExplainer compares with a background"):
            require_background(none, "LimeExplainer")
