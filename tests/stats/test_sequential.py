"""Critical values of looks against published tables and multivariate normal probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mxt.stats.sequential import Spending, critical_values, crossing, spent

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)

POCOCK = {2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413, 10: 2.555}
OBRIEN = {2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040, 10: 2.087}
"""Jennison and Turnbull 2000, Group Sequential Methods, tables 2.1 and 2.3, two-sided at 5 %."""

LAN_DEMETS: dict[Spending, tuple[float, ...]] = {
    "obrien_fleming": (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
    "pocock": (2.4380, 2.4268, 2.4101, 2.3966, 2.3859),
}
"""Reboussin, DeMets, Kim and Lan 2000, Controlled Clinical Trials 21:190: five looks, one-sided at 2.5 %."""


@pytest.mark.parametrize(("looks", "constant"), POCOCK.items())
def test_pococks_constants_keep_the_level(looks: int, constant: float) -> None:
    shares = np.arange(1, looks + 1) / looks
    left = crossing([-constant] * looks, [constant] * looks, shares.tolist())
    assert left.sum() == pytest.approx(0.05, abs=1e-4)
    np.testing.assert_allclose(left[0], left[1], rtol=1e-10)


@pytest.mark.parametrize(("looks", "constant"), OBRIEN.items())
def test_obrien_and_flemings_constants_keep_the_level(looks: int, constant: float) -> None:
    shares = np.arange(1, looks + 1) / looks
    bounds = constant / np.sqrt(shares)
    assert crossing((-bounds).tolist(), bounds.tolist(), shares.tolist()).sum() == pytest.approx(
        0.05, abs=1e-4
    )


@pytest.mark.parametrize("spending", LAN_DEMETS)
def test_critical_values_are_the_published_ones(spending: Spending) -> None:
    found = critical_values(0.025, FIVE, spending)
    assert found == pytest.approx(LAN_DEMETS[spending], abs=2e-4)


@pytest.mark.parametrize("spending", LAN_DEMETS)
def test_what_is_spent_is_what_a_multivariate_normal_leaves(spending: Spending) -> None:
    shares = (0.3, 0.5, 1.0)
    values = critical_values(0.05, shares, spending)
    roots = np.sqrt(shares)
    together = np.minimum.outer(shares, shares) / np.outer(roots, roots)
    for look in (2, 3):
        inside = stats.multivariate_normal.cdf(
            values[:look], cov=together[:look, :look], abseps=1e-8, releps=1e-8
        )
        assert 1 - inside == pytest.approx(spent(0.05, np.array(shares), spending)[look - 1], abs=1e-6)


@pytest.mark.parametrize("spending", LAN_DEMETS)
def test_all_is_spent_in_the_end_and_one_look_is_no_look(spending: Spending) -> None:
    assert spent(0.05, np.ones(1), spending)[0] == pytest.approx(0.05, rel=1e-12)
    assert critical_values(0.05, (1.0,), spending)[0] == pytest.approx(stats.norm.ppf(0.95), rel=1e-10)


def test_twenty_looks_keep_the_level_on_simulated_walks() -> None:
    shares = tuple((look + 1) / 20 for look in range(20))
    values = np.array(critical_values(0.05, shares, "pocock"))
    steps = np.random.default_rng(0).normal(scale=np.sqrt(1 / 20), size=(40_000, 20))
    walks = steps.cumsum(axis=1) / np.sqrt(shares)
    # 40,000 draws of 5 % have a standard error of 0.11 points.
    assert (walks > values).any(axis=1).mean() == pytest.approx(0.05, abs=0.004)
