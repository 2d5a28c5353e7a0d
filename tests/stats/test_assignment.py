"""Arms by salted hash: the same on every machine, in every process, and in the planned shares."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from conftest import clean_environment
from mxt.stats.assignment import assign, mismatch, places

GOLDEN = {
    "customer-1": 0x89BD06519D90795B,
    "customer-2": 0x48C5BE872EF53D0F,
    "7": 0x5DB0F311775F91DF,
    "ünï": 0x0F20975B2F5C7B0F,
}
"""The first 16 digits of ``printf 'offer-b/customer-1' | sha256sum`` of GNU coreutils, and so on."""

IN_A_PROCESS = """
import sys
from mxt.stats.assignment import assign
print("".join(map(str, assign(map(str, range(500)), "offer-b", (0.3, 0.5, 0.2)))))
"""


def test_a_place_is_that_of_the_hash_on_any_machine() -> None:
    expected = [(number >> 11) / 2**53 for number in GOLDEN.values()]
    assert places(GOLDEN, "offer-b").tolist() == expected
    assert assign(GOLDEN, "offer-b", (0.5, 0.5)).tolist() == [1, 0, 0, 0]


def test_two_processes_agree_whatever_their_own_hashes_are() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS],
            env=clean_environment({"PYTHONHASHSEED": seed}),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = "".join(map(str, assign(map(str, range(500)), "offer-b", (0.3, 0.5, 0.2))))
    assert told == {here}
    assert set(here) == {"0", "1", "2"}


def test_places_are_uniform_and_another_salt_draws_anew() -> None:
    subjects = [f"subject {number}" for number in range(20_000)]
    one, other = places(subjects, "one"), places(subjects, "other")
    assert stats.kstest(one, "uniform").pvalue > 0.01
    # Spearman's rho of 20,000 independent pairs has a standard error of 0.0071.
    assert abs(stats.spearmanr(one, other).statistic) < 0.025


def test_arms_get_their_shares() -> None:
    arms = assign(map(str, range(50_000)), "x", (0.1, 0.2, 0.7))
    assert mismatch(np.bincount(arms).tolist(), (0.1, 0.2, 0.7)) > 0.01


def test_a_subject_keeps_its_arm_when_others_come() -> None:
    few, many = assign(map(str, range(10)), "x", (0.5, 0.5)), assign(map(str, range(1000)), "x", (0.5, 0.5))
    np.testing.assert_array_equal(few, many[:10])
    assert hashlib.sha256(b"x/0").digest()[0] // 128 == few[0]


def test_a_split_of_52_to_48_is_called_a_mismatch() -> None:
    assert mismatch([52_000, 48_000], (0.5, 0.5)) < 1e-30
    assert mismatch([52_000, 48_000], (0.52, 0.48)) == 1


def test_the_mismatch_is_that_of_a_published_experiment() -> None:
    # Kohavi, Tang and Xu 2020, Trustworthy Online Controlled Experiments, chapter 3: 821,588 and 815,482
    # users where halves were planned, p 1.8e-6.
    assert mismatch([821_588, 815_482], (0.5, 0.5)) == pytest.approx(1.8e-6, rel=0.03)


def test_sound_splits_are_called_a_mismatch_as_rarely_as_said() -> None:
    counts = np.random.default_rng(0).binomial(10_000, 0.5, 2000)
    called = [mismatch([count, 10_000 - count], (0.5, 0.5)) < 0.05 for count in counts]
    assert np.mean(called) == pytest.approx(0.05, abs=0.015)
