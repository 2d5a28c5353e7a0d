"""Where configs lie, and what they call things."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o"}
)
"""Letters that have a spelling of their own in the letters of ASCII."""


@dataclass(frozen=True)
class Place:
    """Where configs lie, and what they call things."""

    folder: str
    """The folder of the configs, as commands name it."""
    path: str
    """The table, as the configs name it."""
    name: str
    """The experiment and the registered model; the names of outputs begin with it."""

    def output(self, what: str) -> dict[str, object]:
        """A writer of a table that people open with a spreadsheet."""
        return {"KIND": "CsvWriter", "path": f"outputs/{self.name}_{what}.csv"}

    @property
    def service(self) -> dict[str, object]:
        """The experiment, and the model in the registry."""
        return {"experiment_name": self.name, "registry_name": self.name}

    def command(self, file: str, *overrides: str) -> str:
        """The command that runs a config."""
        return " ".join(["mxt", f"{self.folder}/{file}.yaml", *overrides])


def name_of(table: str) -> str:
    """A name for experiments, models and files that reads like the name of a table."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", table).translate(LETTERS))
    ascii_only = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_").casefold()
    return name[:60] if re.search("[a-z]", name) else f"table_{name}".rstrip("_")
