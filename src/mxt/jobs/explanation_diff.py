"""Explanation diff: how decisions and their reasons change from one version to another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.groupings import Groupings
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.writers.base import Writer
from mxt.explainers.base import Explainer
from mxt.explainers.base.comparison import ExplainedDecisions, cells_of, compared
from mxt.findings import Document, Findings, Output, Paragraph
from mxt.findings.tags import BASELINE
from mxt.importances.base.draws import drawn
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import FACT, Record, RowSelection, ScoredRows, columns_of
from mxt.jobs.base.inheriting import inheriting
from mxt.jobs.base.segments import notes_of
from mxt.kinds import OneOf
from mxt.pages.explanation_diff import captioned, diff_answer, diff_chart, diff_page, diff_table, roles_table
from mxt.registries.readings import suited
from mxt.registries.versions import AliasOrVersion
from mxt.schemas.outputs import PREDICTION
from mxt.stats.explanation_diff import measure
from mxt.stats.role_swaps import swaps

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base.comparison import Compared
    from mxt.findings import Fact
    from mxt.registries.served import Served
    from mxt.stats.explanation_diff import Pair
    from mxt.stats.intervals import Interval

Share = Annotated[float, Field(ge=0, le=1)]

ALL = "all rows"
DEFAULT_ROWS = 5000
_LIMITED = ("changed_decisions", "changed_reasons", "sign_flips")


class ExplanationDiffJob(ModelJob):
    """Explains the same rows with two versions of a model, and reports what has changed.

    It works in memory, on at most `rows` rows. Both versions are explained for the class that the baseline
    decides for.

    Example:
        KIND: ExplanationDiffJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        alias_or_version: Challenger
        baseline: Champion
        segments: [{column: Contract}, {column: tenure, edges: [12, 36]}]
        max_changed_decisions: 0.05
    """

    KIND: Literal["ExplanationDiffJob"] = "ExplanationDiffJob"

    inputs: OneOf[Reader]
    """The rows to explain with both versions."""

    alias_or_version: AliasOrVersion = "Challenger"
    """The version that may have changed, by alias, number or semantic version."""

    baseline: AliasOrVersion = "Champion"
    """The version to compare with."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How to explain both versions; their contributions must have the same unit."""

    splitter: OneOf[Splitter] | None = Field(default=None, exclude_if=lambda splitter: splitter is None)
    """Explain only the test part of this split. If left out, rows that one of the versions was fitted to are
    not explained, and all rows of a table that holds no such rows are."""

    rows: Annotated[int, Field(ge=2)] | Literal["training"] = DEFAULT_ROWS
    """The largest number of rows to explain, drawn by their ids and the seed. ``training`` stands for the
    default number, and allows rows that a version was fitted to; such a comparison is no evidence for a
    gate."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed by which rows are drawn."""

    tolerance: Annotated[float, Field(ge=0)] | None = None
    """A predicted number that changes by more than this, in the target's unit, is another decision."""

    top: Annotated[int, Field(ge=1)] = 3
    """How many columns, those with the largest contributions, are the reasons of a decision."""

    ordered: bool = False
    """Whether the same reasons in another order count as a change."""

    negligible: Share = 0.05
    """Contributions below this share of the sum of absolute contributions of their row have no sign that
    could flip."""

    segments: Groupings = ()
    """Columns by which to report the changes too, each column once: by its values, bins of numbers, or spans
    of time."""

    minimum_rows: Annotated[int, Field(ge=1)] = 30
    """A group of fewer rows is insufficient: its changes are not reported. If there are fewer rows in all,
    the verdict is no where the config has a limit, and a gate has no evidence."""

    swap_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    """The smallest change in two columns' shares of the contributions that counts as an exchange of roles."""

    max_changed_decisions: Share | None = None
    """The verdict is no if the decision changes for a larger share of the rows."""

    max_changed_reasons: Share | None = None
    """The verdict is no if the reasons change for a larger share of the rows."""

    max_sign_flips: Share | None = None
    """The verdict is no if the sign changes for a larger share of the contributions."""

    whole_interval: bool = False
    """Whether the whole 95 % interval must keep a limit, instead of the value alone."""

    differences: OneOf[Writer] | None = None
    """Also write the measures here: a row for each group and measure."""

    def run(self) -> Locals:
        served = self.serve()
        baseline = self.context.other(self.loader, self.baseline)
        self.context.facts["baseline_version"] = baseline.pinned.version
        return inheriting(self).compare(served, baseline)

    def compare(self, served: Served, baseline: Served) -> Locals:
        """Compare two versions on the table, which the job's readers read as they are."""
        table = self._table(served, [Record.of(baseline), Record.of(served)])
        notes = notes_of(self.segments, table)
        before, after = self._explained(baseline, table), self._explained(served, table)
        both = compared(before, after, self.tolerance)
        measures, roles = self._measures(both, table), self._roles(both, table)
        findings = self._findings(measures, roles, both.unit, served, baseline)
        return self.context.conclude(Findings(page=Document([*map(Paragraph, notes)])) | findings)

    def _table(self, served: Served, records: list[Record]) -> pd.DataFrame:
        """The rows to explain, in an order that depends on their ids and the seed alone."""
        known = [record.schema for record in records if record.schema is not None]
        wanted = [name for schema in known for name in schema.columns]
        wanted += [segment.column for segment in self.segments]
        target = served.recorded_target or ""
        wanted += columns_of(records, self.inputs)
        wanted += [target, *self.splitter.columns] if self.splitter else []
        every = len(known) < len(records)
        reader = suited(self.inputs, served.pinned, *known)
        table = self.context.read(reader, "inputs", None if every else [*dict.fromkeys(wanted)])
        allowed: ScoredRows = "training" if self.rows == "training" else "held_out"
        selection = RowSelection(records, self.inputs, self.splitter, target, allowed)
        table, self.context.facts[FACT] = selection.select(table)
        most = DEFAULT_ROWS if self.rows == "training" else self.rows
        if len(table) > most:
            self.context.sample = f"{most} of {len(table)} rows, drawn by their ids and seed {self.seed}"
        return drawn(table, most, self.seed)

    def _explained(self, served: Served, table: pd.DataFrame) -> ExplainedDecisions:
        """The decision of a version for each row, and its explanation."""
        context, version = self.context, served.pinned.version
        inputs = context.check(served.schema, table, self.inputs.source)
        model = served.model
        with context.step(f"explain {len(inputs)} rows with version {version}"):
            decisions = model.predict(inputs)[PREDICTION]
            explanation = model.explain(inputs, self.explainer)
        return ExplainedDecisions(f"version {version}", decisions, explanation)

    def _measures(self, both: Compared, table: pd.DataFrame) -> pd.DataFrame:
        """The changes as a table: a row for each measure of all rows, and of each group of each segment."""
        import numpy as np

        parts = [("", ALL, np.ones(len(table), dtype=bool))]
        for segment in self.segments:
            groups = segment.groups(table)
            parts += [(groups.name, label, rows) for label, rows in groups.parts()]
        return diff_table(
            [(name, label, int(rows.sum()), self._changes(both.pair, rows)) for name, label, rows in parts]
        )

    def _changes(self, pair: Pair, rows: np.ndarray) -> dict[str, Interval] | None:
        """The measures of some rows; None if these are too few."""
        if rows.sum() < self.minimum_rows:
            return None
        return measure(pair.at(rows), self.top, self.negligible, ordered=self.ordered)

    def _roles(self, both: Compared, table: pd.DataFrame) -> pd.DataFrame:
        """A row for each column: its share of the contributions by each version, and its exchange."""
        facts, names = self.context.facts, both.columns
        exchanged = swaps(both.pair, self.swap_share, cells_of(table, names))
        pairs = [f"{names[swap.first]} and {names[swap.second]} (by {swap.by})" for swap in exchanged]
        facts["exchanged_roles"] = ", ".join(pairs) or "none"
        lonely = [name for name, shared in zip(names, both.pair.shared, strict=True) if not shared]
        if lonely:
            facts["columns_of_one_version"] = ", ".join(lonely)
        return roles_table(both.pair, names, exchanged)

    def _findings(
        self, measures: pd.DataFrame, roles: pd.DataFrame, unit: str, served: Served, baseline: Served
    ) -> Findings:
        whole = measures[measures["segment"] == ""].set_index("measure")
        shares = {str(name): float(value) for name, value in whole["value"].dropna().items()}
        few, reasons = self._faults(whole)
        facts: dict[str, Fact] = {name: round(value, 4) for name, value in shares.items()}
        facts |= {"insufficient": few} if few else {}
        facts |= {"beyond_limits": ", ".join(reasons)} if reasons else {}
        groups, shown = captioned(measures, roles, served.captions)
        by_segment, of_baseline = measures.set_index("segment"), {"baseline_uri": baseline.pinned.uri}
        return Findings(
            passed=not reasons,
            answer=diff_answer(whole, str(served.pinned), str(baseline.pinned), few, reasons),
            facts={**facts, "unit": unit, "rows_compared": int(measures["rows"].iloc[0])},
            scores=shares,
            tags={BASELINE: str(baseline.pinned.version)},
            tables={"explanation_diff": by_segment, "explanation_roles": roles.set_index("column")},
            charts={"explanation_diff": diff_chart(shown)},
            page=diff_page(groups, shown, self.top, unit),
            outputs=[Output("differences", self.differences, by_segment, unit, of_baseline)],
            evidence=not few and self.rows != "training",
            next=[] if reasons else [command(self, "PromotionJob", alias_or_version=served.pinned.version)],
            values={"measures": measures, "roles": roles, "version": served.pinned},
        )

    def _faults(self, whole: pd.DataFrame) -> tuple[str, list[str]]:
        """Why there are too few rows to judge, else empty; and the limits that the changes do not keep."""
        fields = {name: getattr(self, f"max_{name}") for name in _LIMITED}
        limits = {name: limit for name, limit in fields.items() if limit is not None}
        if not whole["sufficient"].all():
            few = f"too few rows ({whole['rows'].iloc[0]}, at least {self.minimum_rows} are needed)"
            return few, [few] if limits else []
        judged = whole["ci_high" if self.whole_interval else "value"]
        faults = [beyond(name, float(judged[name]), limit) for name, limit in limits.items()]
        return "", [fault for fault in faults if fault]


def beyond(name: str, share: float, limit: float) -> str:
    """Why a share does not keep its limit; empty if it does."""
    if share <= limit:
        return ""
    return f"{name} ({'unknown, ' if math.isnan(share) else ''}at most {limit:g})"
