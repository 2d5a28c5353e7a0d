"""The header of a LightGBM model's text form, which stands before the trees."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mxt.errors import ModelError


@dataclass(frozen=True)
class Header:
    """Facts of the whole model."""

    columns: int
    trees_per_round: int
    """Trees of a boosting round, one for each output; tree i adds to output ``i % trees_per_round``."""
    objective: str
    """Name and parameters, such as ``binary sigmoid:1``; empty for a custom objective."""
    averaged: bool
    """Whether the score is the mean over rounds (random forests)."""
    categorical: list[int]
    """Columns of categories, by the model's own list and by each column's values at training."""
    spans: list[tuple[float, float] | None]
    """Smallest and largest number or code in each column at training; None where they were all the same."""
    trees: int

    @property
    def rounds_averaged(self) -> int:
        """Number of rounds whose mean is the score; 1 if the score is a sum over rounds."""
        return max(self.trees // self.trees_per_round, 1) if self.averaged else 1

    def may_code(self, column: int, categories: int) -> bool:
        """Whether a column's values at training may be the codes of so many categories."""
        span = self.spans[column]
        return span is None or (span[0] >= 0 and span[1] < categories and span[1].is_integer())


def read_header(text: str) -> Header:
    """The header of a LightGBM model's text.

    Raises:
        ModelError: It is not the text of a LightGBM model.
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
    parameters = text[max(text.rfind("\nparameters:"), 0) :]
    match = re.search(r"^\[categorical_feature: (.*)\]$", parameters, re.MULTILINE)
    listed = match.group(1) if match else ""
    if listed.startswith("name:"):
        return {names.index(name) for name in listed.removeprefix("name:").split(",") if name in names}
    return {int(place) for place in listed.split(",") if place and int(place) < len(names)}


def _span(info: str) -> tuple[float, float] | None:
    """The least and the largest value in ``[0.5:3]`` (numbers) or in ``-1:2:0:1`` (codes; -1 is missing)."""
    numbers = [] if info == "none" else [float(number) for number in info.strip("[]").split(":")]
    known = numbers if info.startswith("[") else [number for number in numbers if number >= 0]
    return (min(known), max(known)) if known else None
