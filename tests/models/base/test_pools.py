"""Pools: an early end leaves no traceback, and a killed worker is an error of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import ShutdownExecutorError

from mxt.errors import ServiceError
from mxt.models.base.pools import pooled

EARLY = """
import itertools, time
from joblib import Parallel, delayed
from joblib._parallel_backends import LokyBackend
from mxt.models.base.pools import pooled

plain = LokyBackend.submit

def late(self, *arguments, **options):
    time.sleep(0.1)  # so that the pool ends while its thread hands out work
    return plain(self, *arguments, **options)

LokyBackend.submit = late
results = Parallel(n_jobs=2, return_as="generator")(delayed(abs)(number) for number in range(200))
with pooled("the fits"):
    print(len(list(itertools.islice(results, 5))))
    time.sleep(0.05)
    results.close()
"""


def test_what_a_pool_that_was_ended_refuses_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("concurrent.futures")
    with pooled("the fits"):
        for error in (ShutdownExecutorError("ended"), ValueError("a bug")):
            log.error("exception calling callback", exc_info=error)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]
    assert not log.filters


@pytest.mark.slow
def test_an_early_end_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_killed_worker_is_a_service_error() -> None:
    with (
        pytest.raises(ServiceError, match=r"A process of the fits was killed.*fewer workers"),
        pooled("the fits"),
    ):
        Parallel(n_jobs=2)(delayed(os._exit)(1) for _ in range(2))
