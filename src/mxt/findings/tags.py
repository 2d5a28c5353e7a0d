"""Tags of runs and versions that one job writes and another, or a gate, reads."""

LAST = "mxt.last."
"""Before the KIND of a job: the tag of a version that names the run of the last such job about it."""

PASSED = "mxt.passed"
"""Tag of a run: whether its verdict was yes."""

ROWS = "mxt.evaluated_rows"
"""Tag of an evaluation's run: the digest of the ids of the rows that it scored."""

DATA = "mxt.data_digest"
"""Tag of an evaluation's run, and of the table that a run read: its fingerprint."""

DATA_BEFORE = "mxt.data_digest_before"
"""Tag of an evaluation's run: the fingerprint of its table before cells were read exactly, if another."""

JUDGED = "mxt.judged"
"""Tag of an evaluation's run: false if there was no limit to keep."""

BASELINE = "mxt.baseline_version"
"""Tag of a run that compared two versions: the number of the other one."""

POSITIVE = "mxt.positive."
"""Before the label of a score: the tag of a run that names the class the score is about."""
