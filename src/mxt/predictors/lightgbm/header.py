"""What stands before the trees in a LightGBM model's text form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mxt.errors import ModelError


@dataclass(frozen=True)
class Header:
    """What stands before the trees of a model's text."""

    columns: int
    trees_per_round: int
    """Outputs; tree i adds to output ``i % trees_per_round``."""
    objective: str
    """Name and parameters, such as ``binary sigmoid:1``; empty for one's own objective."""
    averaged: bool
    """Whether the score is the mean over rounds (random forests)."""
    categorical: list[int]
    """Columns whose values are categories, by the model's own list and by what each column held."""
    spans: list[tuple[float, float] | None]
    """Smallest and largest number or code in each column at training; None where they were all the same."""
    trees: int

    @property
    def rounds_averaged(self) -> int:
        """How many rounds the score is the mean of; 1 if it is their sum."""
        return max(self.trees // self.trees_per_round, 1) if self.averaged else 1

    def may_code(self, column: int, categories: int) -> bool:
        """Whether what a column held at training may be the codes of so many categories."""
        span = self.spans[column]
        return span is None or (span[0] >= 0 and span[1] < categories and span[1].is_integer())


def read_header(text: str) -> Header:
    """The header of a LightGBM model's text.

    Raises:
        ModelError: The text is not one.
    """
    lines = text.split("\n\n", 1)[0].splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    try:
        infos = fields["feature_infos"].split(" ")
        tested = {place for place, info in enumerate(infos) if info[:1] not in {"[", "n"}}
        return Header(
            columns=int(fields["max_feature_idx"]) + 1,
            trees_per_round=int(fields["num_tree_per_iteration"]),
            objective=fields.get("objective", ""),
            averaged="average_output" in lines,
            categorical=sorted(tested | _listed(text, fields["feature_names"].split(" "))),
            spans=[_span(info) for info in infos],
            trees=len(fields["tree_sizes"].split()),
        )
    except (KeyError, ValueError) as error:
        msg = "This is not the text of a LightGBM model; its header is broken."
        raise ModelError(msg) from error


def _listed(text: str, names: list[str]) -> set[int]:
    """The columns that the model's parameters list as categorical, by place or as ``name:a,b``."""
    found = re.search(r"^\[categorical_feature: (.*)\]$", text, re.MULTILINE)
    told = found.group(1) if found else ""
    if told.startswith("name:"):
        return {names.index(name) for name in told.removeprefix("name:").split(",") if name in names}
    return {int(place) for place in told.split(",") if place and int(place) < len(names)}


def _span(info: str) -> tuple[float, float] | None:
    """The ends of a column of numbers as ``[0.5:3]``, or of codes as ``-1:2:0:1``, where -1 is missing."""
    numbers = [] if info == "none" else [float(number) for number in info.strip("[]").split(":")]
    known = numbers if info.startswith("[") else [number for number in numbers if number >= 0]
    return (min(known), max(known)) if known else None
