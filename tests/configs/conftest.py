"""What reading a plain config takes, for tests of configs that shall be refused at once."""

from __future__ import annotations

import pytest

from clocks import cpu_seconds
from mxt import configs
from mxt.configs.yaml import MAX_NODES

ROUNDS = 3


@pytest.fixture(scope="session")
def plain_seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """CPU seconds of reading a config with a tenth of the values that are allowed."""
    file = tmp_path_factory.mktemp("plain") / "conf.yaml"
    file.write_text("a: [" + "1, " * (MAX_NODES // 10 - 10) + "]\n", encoding="utf-8")
    return min(cpu_seconds(lambda: configs.load([str(file)], {}, [])) for _ in range(ROUNDS))
