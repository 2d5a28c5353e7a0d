"""Explanation diff: does another version decide otherwise, and for other reasons?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.datasets.groupings import Groupings
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.writers.base import Writer
from mxt.explainers.base import Explainer
from mxt.explainers.base.comparison import ExplainedDecisions, cells_of, compared
from mxt.findings import Findings, Output
from mxt.findings.tags import BASELINE
from mxt.importances.base.draws import drawn
from mxt.jobs.base import Locals, ModelJob
from mxt.jobs.base.commands import command
from mxt.jobs.base.held_out import Record, ScoredRows, Scoring, columns_of
from mxt.kinds import OneOf
from mxt.pages.explanation_diff import diff_answer, diff_chart, diff_page, diff_table, roles_table
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
    from mxt.stats.intervals import Interval

Share = Annotated[float, Field(ge=0, le=1)]

ALL = "all rows"
DEFAULT_ROWS = 5000


class ExplanationDiffJob(ModelJob):
    """Explains the same rows with two versions of a model, and tells what has changed.

    It works in memory, on at most `rows` rows. Reasons are those for the class that the baseline decides for.

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
    """The rows that both versions explain."""

    alias_or_version: AliasOrVersion = "Challenger"
    """The version that may have changed, by alias, number or semantic version."""

    baseline: AliasOrVersion = "Champion"
    """The version that it is compared with."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How both are explained; their contributions must be in one unit."""

    splitter: OneOf[Splitter] | None = Field(default=None, exclude_if=lambda splitter: splitter is None)
    """Use only the test part of this split. If left out, a table that holds rows of a training gives those
    that neither version was fitted to, and any other table is taken whole."""

    rows: Annotated[int, Field(ge=2)] | Literal["training"] = DEFAULT_ROWS
    """Most rows to explain, drawn by their ids and the seed. ``training`` takes the default number, and also
    rows that a version was fitted to; such a comparison is no evidence for a gate."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw."""

    tolerance: Annotated[float, Field(ge=0)] | None = None
    """Predicted numbers that differ by more than this, in the target's unit, are another decision."""

    top: Annotated[int, Field(ge=1)] = 3
    """How many columns of the largest contributions are the reasons of a decision."""

    ordered: bool = False
    """Whether the same reasons in another order are a change."""

    negligible: Share = 0.05
    """Contributions below this share of their row's sum of sizes have no sign that could flip."""

    segments: Groupings = ()
    """Also tell the changes by these columns, each once: by values, bins of numbers, or spans of times."""

    minimum_rows: Annotated[int, Field(ge=1)] = 30
    """A group of fewer rows is insufficient: nothing is told of it. With fewer in all, the verdict is no if
    there is a limit, and a gate finds nothing to judge."""

    swap_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Smallest change of two columns' shares of the contributions that can be an exchange of roles."""

    max_changed_decisions: Share | None = None
    """The verdict is no if a larger share of the rows is decided otherwise."""

    max_changed_reasons: Share | None = None
    """The verdict is no if a larger share of the rows has other reasons."""

    max_sign_flips: Share | None = None
    """The verdict is no if a larger share of the contributions changed their sign."""

    whole_interval: bool = False
    """Whether all of the 95 % interval must keep a limit, or the value alone."""

    differences: OneOf[Writer] | None = None
    """Also write the measures here: a row for each segment and measure."""

    def run(self) -> Locals:
        served = self.serve()
        baseline = self.context.other(self.loader, self.baseline)
        self.context.facts["baseline_version"] = baseline.pinned.version
        table = self._table(served, [Record.of(baseline), Record.of(served)])
        before, after = self._explained(baseline, table), self._explained(served, table)
        both = compared(before, after, self.tolerance)
        measures, roles = self._measures(both, table), self._roles(both, table)
        return self.context.conclude(self._findings(measures, roles, both.unit, served, baseline))

    def _table(self, served: Served, records: list[Record]) -> pd.DataFrame:
        """The rows to explain, in an order that their ids decide."""
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
        table = Scoring(records, self.inputs, self.splitter, target, allowed).choose(table, self.context)
        most = DEFAULT_ROWS if self.rows == "training" else self.rows
        if len(table) > most:
            self.context.sample = f"{most} of {len(table)} rows, drawn by their ids and seed {self.seed}"
        return drawn(table, most, self.seed)

    def _explained(self, served: Served, table: pd.DataFrame) -> ExplainedDecisions:
        """What a version decides for each row, and why."""
        context, version = self.context, served.pinned.version
        inputs = context.check(served.schema, table, self.inputs.source)
        model = served.model
        with context.step(f"explain {len(inputs)} rows with version {version}"):
            decisions = model.predict(inputs)[PREDICTION]
            explanation = model.explain(inputs, self.explainer)
        return ExplainedDecisions(f"version {version}", decisions, explanation)

    def _measures(self, both: Compared, table: pd.DataFrame) -> pd.DataFrame:
        """A row for each group of each segment, and for all rows, and measure."""
        import numpy as np

        pair = both.pair
        parts: list[tuple[str, str, np.ndarray]] = [("", ALL, np.ones(len(table), dtype=bool))]
        for segment in self.segments:
            groups = segment.groups(table)
            parts += [(groups.name, label, rows) for label, rows in groups.parts()]
        found: list[tuple[str, str, int, dict[str, Interval] | None]] = []
        for name, label, rows in parts:
            count = int(rows.sum())
            enough = count >= self.minimum_rows
            told = measure(pair.at(rows), self.top, self.negligible, ordered=self.ordered) if enough else None
            found.append((name, label, count, told))
        return diff_table(found)

    def _roles(self, both: Compared, table: pd.DataFrame) -> pd.DataFrame:
        """A row for each column: its share of the contributions before and after, and its exchange."""
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
        by_segment, of_baseline = measures.set_index("segment"), {"baseline_uri": baseline.pinned.uri}
        return Findings(
            passed=not reasons,
            answer=diff_answer(whole, str(served.pinned), str(baseline.pinned), few, reasons),
            facts={**facts, "unit": unit, "rows_compared": int(measures["rows"].iloc[0])},
            scores=shares,
            tags={BASELINE: str(baseline.pinned.version)},
            tables={"explanation_diff": by_segment, "explanation_roles": roles.set_index("column")},
            charts={"explanation_diff": diff_chart(roles)},
            page=diff_page(measures, roles, self.top, unit),
            outputs=[Output("differences", self.differences, by_segment, unit, of_baseline)],
            evidence=not few and self.rows != "training",
            next=[] if reasons else [command(self, "PromotionJob", alias_or_version=served.pinned.version)],
            values={"measures": measures, "roles": roles, "version": served.pinned},
        )

    def _faults(self, whole: pd.DataFrame) -> tuple[str, list[str]]:
        """Why nothing can be judged, if so, and which limits the changes of all rows do not keep."""
        limits = {
            "changed_decisions": self.max_changed_decisions,
            "changed_reasons": self.max_changed_reasons,
            "sign_flips": self.max_sign_flips,
        }
        asked = {name: limit for name, limit in limits.items() if limit is not None}
        if not whole["sufficient"].all():
            few = f"too few rows ({whole['rows'].iloc[0]}, at least {self.minimum_rows} are needed)"
            return few, [few] if asked else []
        judged = whole["ci_high" if self.whole_interval else "value"]
        faults = [beyond(name, float(judged[name]), limit) for name, limit in asked.items()]
        return "", [fault for fault in faults if fault]


def beyond(name: str, share: float, limit: float) -> str:
    """Why a share does not keep its limit; empty if it does."""
    if share <= limit:
        return ""
    known = share == share  # noqa: PLR0124 - NaN alone differs from itself
    return f"{name} ({'' if known else 'unknown, '}at most {limit:g})"
