"""Tags of runs and versions that one job writes and another, or a gate, reads."""

JOB = "mxt.job"
"""Tag of a run: the KIND of its job."""

CONFIG = "mxt.config_digest"
"""Tag of a run: the digest of its job's config."""

LAST = "mxt.last."
"""Prefix of a tag of a version, before the KIND of a job: the id of the last run of that KIND."""

UNNAMED = "mxt.unnamed"
"""Tag of a run on which gates may rely, until its version names it: the URI of the version."""

PASSED = "mxt.passed"
"""Tag of a run: whether its verdict was yes."""

ROWS = "mxt.evaluated_rows"
"""Tag of an evaluation's run: the digest of the ids of the rows that it scored."""

DATA = "mxt.data_digest"
"""Tag of an evaluation's run, and of a dataset of any run: the fingerprint of the table read."""

DATA_BEFORE = "mxt.data_digest_before"
"""Tag of an evaluation's run: the fingerprint that older releases, which inferred the types of cells, gave to
its table; only where it differs."""

JUDGED = "mxt.judged"
"""Tag of an evaluation's run: false if the config set no limit."""

BASELINE = "mxt.baseline_version"
"""Tag of a run that compared two versions: the number of the baseline."""

POSITIVE = "mxt.positive."
"""Prefix of a tag of a run, before the label of a score: the class that the score is about."""
