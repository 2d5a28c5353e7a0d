"""Links against their own functions and against plain numerical integration of the path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.special import expit, softmax

from mxt.stats import links

if TYPE_CHECKING:
    from mxt.stats.links import Link

KNOTS = np.array([-2.0, -0.5, 0.5, 3.0])
TOLD = np.array([0.1, 0.2, 0.2, 0.9])
ONE_MARGIN = {
    "identity": links.identity(),
    "logistic": links.logistic(),
    "sigmoid calibration": links.logistic(-1.7, 0.3),
    "exponential": links.exponential(),
    "isotonic": links.interpolated(KNOTS, TOLD),
    "square": links.elementwise(np.square),
    "chain": links.chain(links.logistic(), links.interpolated(np.array([0.2, 0.8]), np.array([0.0, 1.0]))),
}
SEVERAL_MARGINS = {
    "softmax": links.softmax(),
    "cooler softmax": links.softmax(0.5),
    "normalised": links.normalised(),
    "one class against the others": links.chain(links.logistic(), links.normalised()),
}
each_link = pytest.mark.parametrize("name", [*ONE_MARGIN, *SEVERAL_MARGINS])


def find(name: str) -> Link:
    return (ONE_MARGIN | SEVERAL_MARGINS)[name]


def contributions(inputs: int, scale: float, rows: int = 50) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of five columns, with the margins (all positive) where they start and end."""
    chance = np.random.default_rng(0)
    values = scale * chance.normal(size=(rows, 5, inputs))
    start = scale * chance.uniform(0.1, 1, size=(rows, inputs)) + np.maximum(0, -values.sum(axis=1))
    return values, start, start + values.sum(axis=1)


@each_link
@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 40.0])
def test_carried_contributions_lead_from_the_links_start_to_its_end(name: str, scale: float) -> None:
    link = find(name)
    values, start, end = contributions(1 if name in ONE_MARGIN else 4, scale)
    carried = link.carry(values, start, end).sum(axis=1)
    told = link.apply(end) - link.apply(start)
    np.testing.assert_allclose(carried, told, atol=1e-12, rtol=1e-11)


@each_link
def test_contributions_along_no_path_are_carried_by_the_slope(name: str) -> None:
    link = find(name)
    inputs = 1 if name in ONE_MARGIN else 3
    point = np.random.default_rng(1).uniform(0.6, 0.75, size=(4, inputs))
    moved = np.random.default_rng(2).normal(size=(4, inputs))
    values = np.stack([moved, -moved], axis=1)
    slope = (link.apply(point + 1e-6 * moved) - link.apply(point - 1e-6 * moved)) / 2e-6
    np.testing.assert_allclose(link.carry(values, point, point)[:, 0], slope, atol=1e-7)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_softmax_is_the_integral_of_its_jacobian_along_the_path(scale: float) -> None:
    values, start, end = contributions(3, scale, rows=5)

    def jacobian(time: float) -> np.ndarray:
        chances = softmax(start + time * (end - start), axis=1)
        return np.eye(3) * chances[:, :, None] - chances[:, :, None] * chances[:, None, :]

    mean = quad_vec(jacobian, 0, 1, epsabs=1e-13, epsrel=1e-13, limit=10_000)[0]
    expected = np.einsum("rkc,ric->rik", mean, values)
    np.testing.assert_allclose(
        links.softmax().carry(values, start, end), expected, atol=1e-12 * max(1, scale)
    )


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 1e3])
def test_shares_are_the_integral_of_their_jacobian_along_the_path(scale: float) -> None:
    values, start, end = contributions(3, 1.0, rows=5)
    end = start + scale * np.abs(end - start)
    values = values * 0 + (end - start)[:, None, :] / 5

    def jacobian(time: float) -> np.ndarray:
        shares = start + time * (end - start)
        total = shares.sum(axis=1)[:, None, None]
        return (np.eye(3) * total - shares[:, :, None]) / total**2

    mean = quad_vec(jacobian, 0, 1, epsabs=1e-13, epsrel=1e-13, limit=10_000)[0]
    expected = np.einsum("rkc,ric->rik", mean, values)
    np.testing.assert_allclose(links.normalised().carry(values, start, end), expected, atol=1e-11)


@pytest.mark.parametrize("least", [0.0, 1e-300, 1e-13])
def test_shares_that_vanish_at_an_end_of_the_path_still_lead_from_one_to_the_other(least: float) -> None:
    start = np.array([[0.2, 0.3, 0.1], [least, 0.0, 0.0], [0.0, 0.0, 0.0]])
    end = np.array([[least, 0.0, 0.0], [0.5, 0.1, 0.1], [0.0, 0.0, 0.0]])
    ways = np.array([0.25, 0.75])
    carried = links.normalised().carry(ways[:, None] * (end - start)[:, None, :], start, end)
    shares = [links.normalised().apply(side) for side in (start, end)]
    np.testing.assert_allclose(carried, ways[:, None] * (shares[1] - shares[0])[:, None, :], atol=1e-12)


def test_two_classes_of_softmax_are_the_logistic_of_their_difference() -> None:
    values, start, end = contributions(2, 3.0)
    both = links.softmax().carry(values, start, end)

    def gap(margins: np.ndarray) -> np.ndarray:
        return margins[..., 1:] - margins[..., :1]

    one = links.logistic().carry(gap(values), gap(start), gap(end))
    np.testing.assert_allclose(both[:, :, 1:], one, atol=1e-13)
    np.testing.assert_allclose(both[:, :, :1], -one, atol=1e-13)


def test_the_logistic_keeps_its_digits_far_out() -> None:
    values = np.array([[[1.0], [1.0]]])
    start = np.array([[-700.0]])
    carried = links.logistic().carry(values, start, start + 2)
    assert carried.sum() == pytest.approx(expit(-698.0) - expit(-700.0), rel=1e-12, abs=0)


def test_a_row_does_not_depend_on_its_company() -> None:
    values, start, end = contributions(4, 20.0)
    together = links.softmax().carry(values, start, end)
    alone = links.softmax().carry(values[7:8], start[7:8], end[7:8])
    np.testing.assert_array_equal(together[7:8], alone)
