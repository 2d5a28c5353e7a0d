"""A job's config as its run keeps it."""

from __future__ import annotations

import pytest

from mxt.jobs.base.configs import config_digest, parameters
from mxt.jobs.inference import InferenceJob

CONFIG = {
    "inputs": {"KIND": "CsvReader", "path": "data.csv"},
    "outputs": {"KIND": "CsvWriter", "path": "out.csv"},
}


def digest(**fields: object) -> str:
    return config_digest(InferenceJob.model_validate({**CONFIG, **fields}))


@pytest.mark.parametrize(
    "fields",
    [{"part_rows": 7}, {"shard": "1/2"}, {"fresh": True}, {"executor": {"KIND": "ProcessesExecutor"}}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_digest_does_not_depend_on_how_a_job_works(fields: dict[str, object]) -> None:
    assert digest(**fields) == digest()


def test_a_digest_depends_on_everything_else() -> None:
    digests = {digest(), digest(alias_or_version=3), digest(inputs={**CONFIG["inputs"], "limit": 1})}
    assert len(digests) == 3


def test_parameters_are_the_values_by_their_paths() -> None:
    config = {
        "a": 1,
        "b": {"c": "x", "d": None, "e": []},
        "list": ["x", 2, {"y": 1}],
        "logger_service": {"level": "INFO"},
        "no": False,
    }
    assert parameters(config) == {"a": 1, "b.c": "x", "list": 'x, 2, {"y": 1}', "no": False}
