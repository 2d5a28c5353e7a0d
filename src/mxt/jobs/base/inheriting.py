"""Inheriting: fields that a reader leaves out come from the trainings of the job's versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from loguru import logger

from mxt.datasets.readers.base import Reader
from mxt.registries.inheritance import described, inherit, refuse_without_ids

if TYPE_CHECKING:
    from mxt.jobs.base import Job
    from mxt.jobs.base.context import Context

J = TypeVar("J", bound="Job")

FACT = "read_as"
"""Name of the fact that states what readers inherited."""

ALONE = (["inputs"], ["inputs_samples"], ["current"])
"""Readers of a job's only table, which the fact does not name."""

RESOLVED_FILE = "config_resolved.json"
"""Artifact of a run whose readers inherited fields: the whole config with these."""


def inheriting(job: J) -> J:
    """The job with complete readers: fields that its config leaves out come from the versions' trainings.

    The versions are those that the context has served. A fact, the log and an artifact of the run say what
    was inherited.
    """
    given = {name: value for name, value in job if isinstance(value, Reader)}
    own = {name: read_as_trained(job.context, reader, name) for name, reader in given.items()}
    new = {name: reader for name, reader in own.items() if reader is not given[name]}
    if not new:
        return job
    resolved = job.model_copy(update=new)
    job.context.run.text(resolved.model_dump_json(indent=2), RESOLVED_FILE)
    return resolved


def read_as_trained(context: Context, reader: Reader, block: str) -> Reader:
    """A reader of a job, with what it inherits from the trainings of the versions served so far.

    Raises:
        ConfigError: The trainings read otherwise from one another, or than the config's fields allow.
        DataError: The table lacks the id column of the trainings, and the config names none.
    """
    known = inherit(reader, context.served, block)
    refuse_without_ids(known, block)
    resolved, fields, trainings = known
    if fields:
        context.read_as[block] = fields
        words = {name: described(each) for name, each in context.read_as.items()}
        alone = [*words] in ALONE
        stated = words[block] if alone else "; ".join(f"{name}: {each}" for name, each in words.items())
        context.facts[FACT] = f"{trainings}: {stated}"
        logger.info("{} is read as {} read its table: {}", block, trainings, described(fields))
    return resolved
