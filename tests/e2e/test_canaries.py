"""A life of jobs whose every URL, header, variable and option holds a canary: none of them is to be found."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pandas as pd
import pytest
import sqlalchemy as sa

from canaries import FORMS, WORD, canary, found, mlflow_server, postgres, web_server
from conftest import REPOSITORY, make_project
from services.servers import closed_port, mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Ended, Project

pytestmark = pytest.mark.slow

S3_SECRET = f"{WORD}S3Secret"
TABLE = {"id_column": "customerID", "missing": ["", " "], "limit": 1200}


@dataclass(frozen=True)
class World:
    """A project, the services around it, and what they received."""

    project: Project
    variables: dict[str, str]
    web: str
    database: str
    received: list[tuple[str, str, bytes]]
    mails: list[Any]
    told: list[str]
    """What the jobs printed."""

    def run(self, name: str, job: dict[str, Any], *words: str, **variables: str) -> Ended:
        """Run a job in a process of its own."""
        folder = self.project.root / "logs"
        log = {"file": str(folder / f"{name}.log"), "format": "json", "level": "DEBUG"}
        service = {
            "experiment_name": "churn",
            "registry_name": "churn",
            "run_description": f"see https://wiki:{canary('wiki')}@wiki.example.org/x?token={canary('wiki')}",
            "run_tags": {"source": f"https://{WORD}-tag@host/x?sig={WORD}-tag"},
        }
        content = {"logger_service": log, "mlflow_service": service, **job}
        config = self.project.config(f"{name}.yaml", json.dumps({"job": content}))
        ended = self.project.mxt(config, *words, env={**self.variables, **variables})
        self.told.append(f"{name}: {ended.out}\n{ended.err}")
        return ended

    @property
    def readers(self) -> dict[str, dict[str, Any]]:
        """A reader of each sort of service."""
        ids = "customerID"
        url = f"http://reader:env:DATA_PASSWORD@{self.web}/churn.csv?version=3&sig=env:DATA_SIG"
        return {
            "web": {"KIND": "CsvReader", "path": url, **TABLE},
            "link": {"KIND": "CsvReader", "path": "env:DATA_LINK", **TABLE},
            "database": {
                "KIND": "SqlReader",
                "url": self.database,
                "query": "customers",
                "id_column": ids,
            },
            "bucket": {
                "KIND": "ParquetReader",
                "path": "s3://crm/customers.parquet",
                "id_column": ids,
            },
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All services, with their secrets in variables."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: run `just services`")
    for package in ("psycopg", "s3fs"):
        pytest.importorskip(package, reason=f"{package} is not installed: run `just services`")
    root = tmp_path_factory.mktemp("canaries")
    shared = tmp_path_factory.mktemp("services")
    table = (REPOSITORY / "data" / "churn.csv").read_bytes()
    bucket = moto.ThreadedMotoServer(port=0, verbose=False)
    bucket.start()
    host, port = bucket.get_host_and_port()
    login = f"reader:{canary('data')}"
    try:
        with (
            postgres(shared / "postgres", canary("crm")) as crm,
            mlflow_server(root / "server") as store,
            web_server({"/churn.csv": table}, login, canary("sig")) as (web, received),
            mailbox() as (mail, mails),
        ):
            variables = {
                "MLFLOW_TRACKING_URI": f"http://mlflow:env:STORE_PASSWORD@127.0.0.1:{store}",
                "STORE_PASSWORD": canary("store"),
                "DATA_PASSWORD": canary("data"),
                "DATA_SIG": canary("sig"),
                "DATA_LINK": f"http://reader:{quote(canary('data'), safe='')}@127.0.0.1:{web}/churn.csv"
                f"?sig={quote(canary('sig'), safe='')}",
                "CRM_PASSWORD": canary("crm"),
                "AWS_ACCESS_KEY_ID": f"{WORD}S3Key",
                "AWS_SECRET_ACCESS_KEY": S3_SECRET,
                "AWS_ENDPOINT_URL": f"http://{host}:{port}",
                "AWS_DEFAULT_REGION": "us-east-1",
                "MXT_ALERTS_TARGETS": f"json://ops:{WORD}-hook@127.0.0.1:{web}/{WORD}-path"
                f"?+X-Key={WORD}-header {mail}",
                "TMPDIR": str(root / "temporary"),
                "OMP_NUM_THREADS": "2",
            }
            (root / "temporary").mkdir()
            database = f"postgresql+psycopg://reader:env:CRM_PASSWORD@127.0.0.1:{crm}/postgres"
            _fill(
                f"postgresql+psycopg://reader:{quote(canary('crm'), safe='')}@127.0.0.1:{crm}/postgres",
                variables,
            )
            project = make_project(root / "project")
            yield World(project, variables, f"127.0.0.1:{web}", database, received, mails, [])
    finally:
        bucket.stop()
        shutil.rmtree(shared, ignore_errors=True)


def _fill(database: str, variables: dict[str, str]) -> None:
    """Put the table into the database and the bucket."""
    import boto3

    table = pd.read_csv(REPOSITORY / "data" / "churn.csv", na_values=["", " "], keep_default_na=False).head(
        1200
    )
    engine = sa.create_engine(database)
    table.to_sql("customers", engine, index=False)
    engine.dispose()
    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=S3_SECRET,
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="crm")
    client.put_object(Bucket="crm", Key="customers.parquet", Body=table.to_parquet(index=False))


def life(world: World) -> Iterator[tuple[str, dict[str, Any], list[str], int]]:
    """The jobs of a life: name, config, words and exit code of each."""
    readers, small = world.readers, {"KIND": "XgboostRecipe", "trees": 20, "depth": 3, "learning_rate": 0.3}
    auc = {"KIND": "SklearnMetric", "name": "roc_auc", "minimum": 0.6}
    training = {
        "KIND": "TrainingJob",
        "target": "Churn",
        "exclude": ["variant"],
        "recipe": small,
        "metrics": [auc],
        "register": {"KIND": "MlflowRegister", "tags": {"source": f"http://{WORD}@host/x?sig={WORD}"}},
    }
    yield "training", {**training, "inputs": readers["web"], "alias": "Challenger"}, [], 0
    yield "again", {**training, "inputs": readers["link"]}, [], 0
    rows = {"alias_or_version": "Challenger"}
    to_database = {"KIND": "SqlWriter", "url": world.database, "table": "evaluations"}
    yield (
        "evaluations",
        {
            "KIND": "EvaluationsJob",
            "inputs": readers["web"],
            "metrics": [auc],
            **rows,
            "evaluations": to_database,
        },
        [],
        0,
    )
    predictions = {"KIND": "SqlWriter", "url": world.database, "table": "predictions"}
    yield (
        "to_database",
        {"KIND": "InferenceJob", "inputs": readers["bucket"], "outputs": predictions, **rows},
        [],
        0,
    )
    in_bucket = {"KIND": "ParquetWriter", "path": "s3://crm/predictions.parquet"}
    processes = {"executor": {"KIND": "ProcessesExecutor", "processes": 2}, "part_rows": 400}
    yield (
        "share",
        {"KIND": "InferenceJob", "inputs": readers["database"], "outputs": in_bucket, **processes, **rows},
        ["--shard", "1/2"],
        0,
    )
    yield (
        "to_bucket",
        {"KIND": "InferenceJob", "inputs": readers["web"], "outputs": in_bucket, **processes, **rows},
        [],
        0,
    )
    beside = {"KIND": "CsvWriter", "path": "outputs/samples.csv"}
    yield (
        "explanations",
        {
            "KIND": "ExplanationsJob",
            "inputs_samples": {**readers["web"], "limit": 50},
            **rows,
            "models_explanations": {"KIND": "ParquetWriter", "path": "outputs/model.parquet"},
            "samples_explanations": beside,
        },
        [],
        0,
    )
    yield (
        "drift",
        {
            "KIND": "DriftJob",
            "reference": readers["web"],
            "current": readers["database"],
            **rows,
            "measures": [{"KIND": "PsiDrift"}],
            "comparisons": {"KIND": "CsvWriter", "path": "outputs/drift.csv"},
        },
        [],
        0,
    )
    criteria = [{"KIND": "MetricCriterion", "metric": auc}]
    yield "certification", {"KIND": "CertificationJob", "criteria": criteria, **rows}, [], 0
    why = f"see https://wiki:{WORD}-why@wiki.example.org/x?token={WORD}-why"
    gates = [{"KIND": "EvaluationGate"}, {"KIND": "CertificateGate"}]
    yield (
        "promotion",
        {
            "KIND": "PromotionJob",
            "alias": "Champion",
            "reason": why,
            "allow_first": True,
            "gates": gates,
            **rows,
        },
        [],
        0,
    )
    yield "history", {"KIND": "HistoryJob", "alias": "Champion"}, [], 0


def broken(world: World) -> Iterator[tuple[str, dict[str, Any], dict[str, str], int]]:
    """Jobs that fail where a secret is at hand: name, config, variables and exit code of each."""
    outputs, dead = {"KIND": "CsvWriter", "path": "outputs/never.csv"}, closed_port()
    job = {"KIND": "InferenceJob", "outputs": outputs, "alias_or_version": "Challenger"}
    wrong = f"{WORD}-wrong"
    readers = world.readers
    yield "a wrong password", {**job, "inputs": readers["web"]}, {"DATA_PASSWORD": wrong}, 5
    yield (
        "a wrong link",
        {**job, "inputs": readers["link"]},
        {"DATA_LINK": f"http://x:{wrong}@{world.web}/?sig={wrong}"},
        5,
    )
    yield "a link to nowhere", {**job, "inputs": readers["link"]}, {"DATA_LINK": f"{WORD}://{wrong}"}, 3
    nowhere = f"http://reader:env:DATA_PASSWORD@127.0.0.1:{dead}/churn.csv?sig=env:DATA_SIG"
    yield "a dead web server", {**job, "inputs": {**readers["web"], "path": nowhere}}, {}, 5
    yield "a refused user", {**job, "inputs": readers["database"]}, {"CRM_PASSWORD": wrong}, 5
    whole = {**readers["database"], "url": "env:CRM"}
    yield (
        "a dead database",
        {**job, "inputs": whole},
        {"CRM": f"postgresql+psycopg://u:{wrong}@127.0.0.1:{dead}/x"},
        5,
    )
    yield "no such table", {**job, "inputs": {**readers["database"], "query": "nothing"}}, {}, 3
    yield "no URL", {**job, "inputs": whole}, {"CRM": wrong}, 5
    lost = {"AWS_ENDPOINT_URL": f"http://{WORD}:{WORD}@127.0.0.1:{dead}"}
    yield "a dead bucket", {**job, "inputs": readers["bucket"]}, lost, 5
    uri = f"http://mlflow:env:STORE_PASSWORD@127.0.0.1:{dead}"
    yield "a dead store", {**job, "inputs": readers["web"]}, {"MLFLOW_TRACKING_URI": uri}, 5
    yield (
        "a store of a database",
        {**job, "inputs": readers["web"]},
        {"MLFLOW_TRACKING_URI": f"postgresql+psycopg://u:env:STORE_PASSWORD@127.0.0.1:{dead}/x"},
        5,
    )
    yield (
        "dead targets",
        {**job, "inputs": readers["web"]},
        {"MXT_ALERTS_TARGETS": f"json://u:{wrong}@127.0.0.1:{dead}/{wrong} {WORD}://{wrong}"},
        0,
    )
    yield "a password", {**job, "inputs": {**readers["web"], "path": f"https://u:{wrong}@h/x.csv"}}, {}, 2
    yield "a token", {**job, "inputs": {**readers["web"], "path": f"https://h/x.csv?sig={wrong}"}}, {}, 2
    yield (
        "a password in a variable",
        {**job, "inputs": readers["web"]},
        {"MXT_JOB__OUTPUTS__PATH": f"s3://k:{wrong}@b"},
        2,
    )
    yield "a block of text", {**job, "inputs": wrong}, {}, 2
    header = {**readers["web"], "path": f"http://{world.web}/churn.csv?sig=env:DATA_SIG"}
    key = json.dumps({"headers": {"X-Data-Key": f"reader:{canary('data')}"}})
    yield "a header", {**job, "inputs": header}, {"FSSPEC_HTTP": key}, 0
    yield "a wrong header", {**job, "inputs": header}, {"FSSPEC_HTTP": key.replace("reader", "writer")}, 5


def test_no_secret_of_a_life_of_jobs_is_to_be_found(world: World) -> None:
    ends = [(name, code, world.run(name, job, *words)) for name, job, words, code in life(world)]
    for name, job, variables, code in broken(world):
        ends.append((name, code, world.run(name.replace(" ", "_"), job, **variables)))
    problems = [
        f"{name}: {ended.code}\n{ended.err[-500:]}" for name, code, ended in ends if ended.code != code
    ]
    problems += [text for text in world.told if any(form in text for form in FORMS)]
    bodies = [body for path, _, body in world.received if WORD in path and body]
    bodies += [str(mail).encode() for mail in world.mails]
    assert len(bodies) > len(ends)
    problems += [str(body) for body in bodies if any(form.encode() in body for form in FORMS)]
    root = world.project.root
    left = {path for path in root.parent.rglob("*") if path.is_file()} - {*(root / "confs").iterdir()}
    assert {"mlflow.db", "findings.json", "config.json"} <= {path.name for path in left}
    problems += [*found(left), *found_in_database(world), *found_in_bucket(world)]
    assert not problems, "\n\n".join(problems)
    assert_used(world)


def assert_used(world: World) -> None:
    """The secrets arrived where they belong, or the search would find none wherever it looked."""
    asked = unquote("".join(f"{path}{headers}" for path, headers, _ in world.received))
    for secret in (canary("sig"), f"{WORD}-header", f"{WORD}-path"):
        assert secret in asked


def found_in_database(world: World) -> list[str]:
    """The rows of the database that hold the word."""
    url = world.database.replace("env:CRM_PASSWORD", quote(canary("crm"), safe=""))
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        assert {"evaluations", "predictions", "mxt_provenance"} <= {*names}
        rows = [
            row
            for name in names
            for row in connection.execute(sa.select(sa.text("*")).select_from(sa.table(name)))
        ]
    engine.dispose()
    return [str(row) for row in rows if any(form in str(row) for form in FORMS)]


def found_in_bucket(world: World) -> list[str]:
    """The objects of the bucket that hold the word."""
    import boto3

    known = {key.lower(): value for key, value in world.variables.items() if key.startswith("AWS_")}
    client = boto3.client(
        "s3",
        endpoint_url=known["aws_endpoint_url"],
        aws_access_key_id=known["aws_access_key_id"],
        aws_secret_access_key=known["aws_secret_access_key"],
        region_name="us-east-1",
    )
    objects = client.list_objects_v2(Bucket="crm")["Contents"]
    assert "predictions.parquet" in {each["Key"] for each in objects}
    contents = {
        each["Key"]: client.get_object(Bucket="crm", Key=each["Key"])["Body"].read() for each in objects
    }
    return [key for key, content in contents.items() if any(form.encode() in content for form in FORMS)]
