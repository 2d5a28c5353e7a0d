"""One store for the tests of registries, and one project with a certified version."""

from __future__ import annotations

import pytest

from blank import blank_store
from certified import certify
from conftest import Project, make_project
from mxt.registries.certificates import Certificate, stored
from mxt.registries.versions import Pinned, pin
from mxt.services import MlflowService
from registries.certified_project import ISSUED, SCORED, client
from registries.store import Registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """An empty store; each test registers a model of its own name."""
    store = blank_store(tmp_path_factory.mktemp("registry"))
    service = MlflowService(tracking_uri=f"sqlite:///{store}")
    service.start()
    return Registry(service)


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Pinned]:
    """A project, and its one version as it was certified first."""
    made = make_project(tmp_path_factory.mktemp("certified"))
    assert made.here("training", "job.recipe.trees=20", "job.metrics=[]").code == 0
    certify(made, SCORED, now=ISSUED)
    return made, pin(client(made), "churn", 1)


@pytest.fixture
def project(certified: tuple[Project, Pinned]) -> Project:
    """The project with a certified version; a test that changes a byte puts it back."""
    client(certified[0])
    return certified[0]


@pytest.fixture
def pinned(certified: tuple[Project, Pinned]) -> Pinned:
    """The certified version, with the tags of its first certificate."""
    client(certified[0])
    return certified[1]


@pytest.fixture
def certificate(pinned: Pinned) -> Certificate:
    """The first certificate of the version."""
    first = stored(pinned)
    assert first is not None
    return first
