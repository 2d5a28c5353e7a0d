"""Faults of a config: each in one line with its place, all at once, no secret among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mxt import settings
from mxt.errors import ConfigError
from mxt.gates.base import Gate
from mxt.kinds import members

INFERENCE = """\
job:
  KIND: InferenceJob
  inputs:
    KIND: CsvReader
    path: data.csv
{extra}
  outputs:
    KIND: CsvWriter
    path: out.csv
"""


def told(folder: Path, text: str, *overrides: str) -> list[str]:
    """The lines of the error, without the folder's name."""
    file = folder / "conf.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings.load([str(file)], overrides)
    assert "pydantic" not in str(caught.value)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_every_fault_is_told_at_once_with_its_line_and_a_near_miss(tmp_path: Path) -> None:
    text = INFERENCE.format(extra="    limt: 3\n    sample: {rows: many}\n    limit: 0")
    lines = told(tmp_path, text.replace("CsvWriter", "CsvWritter") + "  alias_or_version: [1]\n")
    assert [line.partition(" (")[0] for line in lines] == [
        "conf.yaml:6:5: job.inputs.limt: unknown field 'limt'; did you mean 'limit'?",
        'conf.yaml:7:14: job.inputs.sample.rows: should be a valid integer, not "many"',
        "conf.yaml:8:5: job.inputs.limit: should be greater than or equal to 1, not 0",
        "conf.yaml:10:5: job.outputs: unknown KIND 'CsvWritter'; did you mean 'CsvWriter'?",
        "conf.yaml:12:3: job.alias_or_version: should be a valid integer or a valid string, not a list",
    ]


def test_what_is_missing_is_told_at_its_block(tmp_path: Path) -> None:
    assert told(tmp_path, "job: {KIND: InferenceJob}\n") == [
        "conf.yaml:1:1: job.inputs: the field 'inputs' is required",
        "conf.yaml:1:1: job.outputs: the field 'outputs' is required",
    ]
    assert told(tmp_path, "job: {}\n") == ["conf.yaml:1:1: job: the block needs the field 'KIND'"]
    assert told(tmp_path, "") == ["conf.yaml: job: the field 'job' is required"]


def test_a_faulty_member_of_a_list_is_told_once(tmp_path: Path) -> None:
    text = "job:\n  KIND: PromotionJob\n  reason: a test\n  gates:\n    - KIND: EvaluationGait\n"
    (line,) = told(tmp_path, text)
    known = f"(known: {', '.join(members(Gate))})"
    assert line.endswith(
        f"job.gates[0]: unknown KIND 'EvaluationGait'; did you mean 'EvaluationGate'? {known}"
    )


def test_layers_are_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = INFERENCE.format(extra="")
    assert told(tmp_path, text, "job.inputs.limit=x") == [
        'override job.inputs.limit: job.inputs.limit: should be a valid integer, not "x"'
    ]
    (line,) = told(tmp_path, text, "job.inputs={KIND: CsvReader, path: x.csv, limit: x}")
    assert line == 'override job.inputs: job.inputs.limit: should be a valid integer, not "x"'
    (line,) = told(tmp_path, text, "job.outputs={KIND: SqlWriter, url: 'mysql://u:hunter2@h/db', table: t}")
    assert line.startswith("override job.outputs: job.outputs.url: a password may not stand here")
    monkeypatch.setenv("MXT_JOB__INPUTS__LIMIT", "y")
    assert told(tmp_path, text) == ['environment: job.inputs.limit: should be a valid integer, not "y"']
    monkeypatch.setenv("MXT_JOB", "{inputs: {limit: 5}}")
    assert told(tmp_path, text)[0].startswith("environment: MXT_JOB cannot be set whole")


SECRETS = {
    "job.inputs={KIND: SqlReader, url: 'postgresql://u:hunter2@h/db', query: t}": "job.inputs.url",
    "job.inputs={KIND: SqlReader, url: 'mysql://h/db?password=hunter2', query: t}": "job.inputs.url",
    "job.mlflow_service.tracking_uri='https://u:hunter2@mlflow'": "job.mlflow_service.tracking_uri",
    "job.inputs.path='http://hunter2@h/x.csv'": "job.inputs.path",
    "job.inputs.path='https://h/x.csv?sig=hunter2'": "job.inputs.path",
    "job.inputs={KIND: SqlReader, url: hunter2, query: t}": "job.inputs.url",
    "job.inputs=hunter2": "job.inputs",
    "job.inputs[.url=hunter2": "inputs[.url",
    "job.inputs.path=*hunter2": "job.inputs.path",
    "job.inputs.path=!Hunter2/hunter2 x": "job.inputs.path",
    "job.inputs.path=[hunter2]": "job.inputs.path",
    "job.executor={KIND: SparkExecutor, master: hunter2}": "job.executor.master",
    "job.mlflow_service.tracking_uri=hunter2": "job.mlflow_service.tracking_uri",
    "job.mlflow_service.registry_uri=s3://k:hunter2@b": "job.mlflow_service.registry_uri",
    "job.logger_service.file=s3://k:hunter2@b": "job.logger_service.file",
    "job.alerts_service.targets=hunter2": "job.alerts_service.targets",
    "job.alerts_service.targets=[{hunter2: 1}]": "job.alerts_service.targets[0]",
    "job.alerts_service.targets=['xoxb-hunter2']": "job.alerts_service.targets[0]",
    "job.alerts_service.targets=['mailto://u:hunter2@h']": "job.alerts_service.targets[0]",
}


@pytest.mark.parametrize("override", SECRETS)
def test_a_secret_written_in_a_config_is_refused_and_not_repeated(override: str, tmp_path: Path) -> None:
    (line,) = told(tmp_path, INFERENCE.format(extra=""), override)
    assert SECRETS[override] in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("types", "fault"),
    [
        ("acme.Log", "allow_types: should be a list, not what is written there"),
        ("['*']", "allow_types[0]: '*' is not the full name of a type, as acme.features.Log"),
        ("[builtins.eval]", "'builtins.eval' is Python's own, and can run anything; review the version"),
    ],
)
def test_types_that_may_not_be_allowed_are_named_in_words(types: str, fault: str, tmp_path: Path) -> None:
    loader = f"job.loader={{KIND: MlflowLoader, allow_types: {types}}}"
    (line,) = told(tmp_path, INFERENCE.format(extra=""), loader)
    assert fault in line
    assert not line.endswith('"')


def test_a_number_in_place_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    text = INFERENCE.format(extra="")
    for override in ("job.inputs.path=47114711", "job.alerts_service.targets=[47114711]"):
        (line,) = told(tmp_path, text, override)
        assert line.endswith("expected text; quote it")
    (line,) = told(tmp_path, text, "job.inputs.path=5")
    assert line.endswith("expected text, not 5; quote it")


def test_a_secret_in_the_environment_is_not_repeated_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("https://u:hunter2@h/x", "*hunter2", "[hunter2", "'hunter2"):
        monkeypatch.setenv("MXT_JOB__INPUTS__PATH", value)
        (line,) = told(tmp_path, INFERENCE.format(extra=""))
        assert line.startswith("environment: ")
        assert "hunter2" not in line


def test_the_environment_is_over_files_and_under_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.yaml").write_text(INFERENCE.format(extra="    limit: 1"))
    (tmp_path / "more.yaml").write_text("job: {inputs: {limit: 2}}\n")
    files = [str(tmp_path / "conf.yaml"), str(tmp_path / "more.yaml")]

    def limit(*overrides: str) -> int:
        return settings.load(files, overrides).job.inputs.limit  # type: ignore[attr-defined] # an InferenceJob

    assert limit() == 2
    monkeypatch.setenv("MXT_JOB__INPUTS__LIMIT", "3")
    assert limit() == 3
    assert limit("job.inputs.limit=4") == 4


def test_a_block_of_another_kind_replaces_the_block(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text(INFERENCE.format(extra="    missing: ['']"))
    found = settings.load(
        [str(tmp_path / "conf.yaml")], ["job.inputs.KIND=ParquetReader", "job.inputs.path=x.parquet"]
    )
    assert found.job.inputs.path == str(tmp_path / "x.parquet")  # type: ignore[attr-defined] # an InferenceJob


@pytest.mark.parametrize(
    "override", ["=x", "job..=1", "job.inputs[9].x=1", "job.inputs.filters[0]=1", "1=2", "job"]
)
def test_an_override_that_fits_nowhere_is_told(override: str, tmp_path: Path) -> None:
    (line,) = told(tmp_path, INFERENCE.format(extra=""), override)
    assert line.startswith("override")


def test_many_faults_are_listed_up_to_a_hundred(tmp_path: Path) -> None:
    fields = "".join(f"    f{number}: 1\n" for number in range(5000))
    lines = told(tmp_path, INFERENCE.format(extra=fields))
    assert len(lines) == 101
    assert lines[-1] == "and perhaps more; mend these first"


def test_a_fault_may_hold_a_number_of_thousands_of_digits(tmp_path: Path) -> None:
    (line,) = told(tmp_path, INFERENCE.format(extra=""), f"job.inputs.KIND=a{'9' * 5000}")
    assert "unknown KIND 'a999" in line
    assert len(line) < 2100
