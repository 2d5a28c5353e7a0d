"""Every text field of every block of a config: a location that refuses secrets, or a text that is known to be none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from conftest import BEYOND_SCHEMA
from mxt.settings import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = json_schema()
PLAIN = {
    # names of columns, classes, models, people
}
