"""The beeswarm: which lines it has, how its dots are stacked, and what their colours stand for."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mxt.pages.beeswarm import MOST_LINES, draw_beeswarm, scaled, stacked


def drawn(values: np.ndarray, inputs: pd.DataFrame) -> Figure:
    figure = Figure(layout="constrained")
    draw_beeswarm(figure, "title", values, inputs, "log-odds")
    return figure


def lines(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_the_columns_stand_in_the_order_of_their_mean_absolute_contributions() -> None:
    inputs = pd.DataFrame({"small": [1, 2], "large": [1, 2], "middle": [1, 2]})
    figure = drawn(np.array([[0.1, -3.0, 1.0], [-0.1, 3.0, 1.0]]), inputs)
    assert lines(figure) == ["large", "middle", "small"]
    assert figure.axes[0].get_xlabel() == "contribution to the prediction (log-odds)"
    below, above = figure.axes[0].get_ylim()
    assert above < 0 < below, "the first line is the upper one"


def test_the_last_line_is_the_sum_of_all_columns_that_have_none() -> None:
    values = np.arange(1.0, MOST_LINES + 3)[::-1] * np.array([[1.0], [-1.0]])
    figure = drawn(values, pd.DataFrame(np.zeros_like(values)).rename(columns=str))
    assert len(lines(figure)) == MOST_LINES
    assert lines(figure)[-1] == "sum of 3 other columns"
    summed = figure.axes[0].collections[MOST_LINES - 1].get_offsets()
    np.testing.assert_array_equal(np.asarray(summed)[:, 0], [3.0 + 2.0 + 1.0, -6.0])


def test_like_contributions_are_stacked_on_both_sides_of_the_line_and_others_lie_on_it() -> None:
    contributions = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(stacked(contributions, 0.0, 1.0), np.array([0, 1, 0, -1, 2]) * 0.08)
    assert np.abs(stacked(np.zeros(2000), -1.0, 1.0)).max() <= 0.5, "a line does not reach the next one"
    np.testing.assert_array_equal(stacked(np.zeros(1), 0.0, 0.0), [0.0])


def test_numbers_are_coloured_by_size_texts_by_the_alphabet_and_missing_values_not_at_all() -> None:
    np.testing.assert_array_equal(scaled(pd.Series([3.0, 1.0, 2.0, np.nan]))[[0, 1, 3]], [1.0, 0.0, np.nan])
    np.testing.assert_allclose(scaled(pd.Series(["b", None, "a", "c"])), [0.5, np.nan, 0.0, 1.0])
    sizes = pd.Series(pd.Categorical(["small", "large"], categories=["small", "large"], ordered=True))
    np.testing.assert_array_equal(scaled(sizes), [0.0, 1.0])
    np.testing.assert_array_equal(scaled(pd.Series([False, True])), [0.0, 1.0])
    assert np.isnan(scaled(pd.Series([None, None], dtype="float64"))).all()
    np.testing.assert_array_equal(scaled(pd.Series([7, 7])), [0.0, 0.0])


def test_a_few_extreme_numbers_leave_the_colours_to_the_others() -> None:
    places = scaled(pd.Series([*np.arange(100.0), 1e9]))
    assert places[50] == 0.5
    assert places[-1] == 1.0


def test_the_same_explanation_gives_the_same_picture_byte_by_byte() -> None:
    chance = np.random.default_rng(0)
    values, inputs = (
        chance.normal(size=(300, 4)),
        pd.DataFrame(chance.normal(size=(300, 4)), columns=[*"abcd"]),
    )
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        drawn(values, inputs).savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
