"""History: which version an alias stood for at a moment, and all its moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from mxt.datasets.writers.base import Writer
from mxt.errors import ConfigError, ModelError
from mxt.findings import Findings, Output
from mxt.jobs.base import Job, Locals
from mxt.kinds import OneOf
from mxt.pages.histories import history_answer, history_chart, history_page
from mxt.registries import intents, moments
from mxt.registries.aliases import last_move
from mxt.registries.versions import aliases_of
from mxt.services.base.stores import store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.findings import Fact
    from mxt.registries.aliases import Move, Record


_DAY_OR_MOMENT = (
    r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?$"
)


@dataclass(frozen=True)
class Standing:
    """Which version an alias stood for at a moment."""

    version: int | None
    """None if no move had been recorded by then, or the alias was deleted."""
    move: Move | None
    """The last recorded move before the moment."""
    doubt: str = ""
    """Why it may have been another version; empty if no move was made outside MXT since."""


class HistoryJob(Job):
    """Reports which version an alias stood for at a moment, and all moves of the alias.

    The verdict is no if no move had been recorded by then.

    Example:
        KIND: HistoryJob
        alias: Champion
        as_of: "2026-11-21"
    """

    KIND: Literal["HistoryJob"] = "HistoryJob"

    alias: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")] = "Champion"
    """The alias whose history to report."""

    as_of: Annotated[str, StringConstraints(pattern=_DAY_OR_MOMENT)] | None = None
    """A day such as 2026-11-21, which stands for the end of the day, or a moment such as
    2026-11-21T20:15:00+01:00; in UTC unless the moment has an offset. Now if left out."""

    history: OneOf[Writer] | None = None
    """Also write the table of moves here."""

    def run(self) -> Locals:
        context = self.context
        now = moments.now()
        moment = self._moment(now)
        record, left = intents.settle(context.client, context.name, self.alias)
        context.facts |= {"settled": "; ".join(left)} if left else {}
        if record.unknown:
            known = aliases_of(context.client, context.name)
            names = ", ".join(sorted(known)) or "none"
            msg = f"{context.name!r} has no alias {self.alias!r}, and had none before; it has: {names}."
            msg += store_of(context.client)
            raise ModelError(msg)
        context.run.tag({"mxt.model": context.name})
        context.facts |= {"model": context.name, "alias": self.alias, "as_of": moments.to_text(moment)}
        return context.conclude(self._findings(record, moment, now))

    def _moment(self, now: datetime) -> datetime:
        """The moment to report on; today stands for now, since the end of today is in the future."""
        if self.as_of is None or self.as_of == str(now.date()):
            return now
        try:
            moment = datetime.fromisoformat(self.as_of)
            moment += timedelta(days=1, microseconds=-1) if self._is_day else timedelta()
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            msg = f"as_of: {self.as_of} is no day or moment that there ever was."
            raise ConfigError(msg) from error
        if moment > now:
            msg = f"as_of: {self.as_of} is still to come; now is {moments.to_text(now)}."
            raise ConfigError(msg)
        return moment

    @property
    def _is_day(self) -> bool:
        return self.as_of is not None and "T" not in self.as_of

    def _facts(self, standing: Standing, history: Sequence[Move]) -> dict[str, Fact]:
        """Which version it was, by which move, and how many moves there were."""
        last = standing.move
        counts: dict[str, Fact] = {
            "moves": len(history),
            "moves_outside": sum(not made.recorded for made in history),
        }
        if last is None or last.at is None:
            first = next((made.at for made in history if made.at), None)
            since = f"; the first is of {moments.to_text(first)}" if first else ""
            return {"answer": f"nobody knows: no move was recorded by then{since}", **counts}
        facts: dict[str, Fact] = {"version": standing.version}
        if standing.doubt:
            facts["doubt"] = standing.doubt
        if last.after == standing.version:
            facts |= {"since": moments.to_text(last.at), "by": last.who, "why": last.why, "how": last.how}
        if self._is_day:
            day = [made for made in history if made.at and str(made.at.date()) == self.as_of]
            facts["that_day"] = (
                ", ".join(f"{made.after} from {made.at:%H:%M:%S}" for made in day) or "no move"
            )
        return {**facts, **counts}

    def _findings(self, record: Record, moment: datetime, now: datetime) -> Findings:
        history = record.moves
        table, standing = _table(history), _standing(history, moment, now)
        facts = self._facts(standing, history)
        if record.withdrawn:
            facts["moves_withdrawn"] = len(record.withdrawn)
        steps = [(made.at, made.after) for made in history if made.at is not None]
        return Findings(
            passed=standing.move is not None and standing.version is not None,
            answer=history_answer(self.context.name, self.alias, moments.to_text(moment), facts),
            facts=facts,
            scores={} if standing.version is None else {"version": standing.version},
            tables={"history": table},
            charts={"history": history_chart(self.alias, steps, now)} if steps else {},
            page=history_page(table, [*record.withdrawn.items()]),
            outputs=[Output("history", self.history, table)],
            values={"history": table, "version": standing.version},
        )


def _standing(history: Sequence[Move], moment: datetime, now: datetime) -> Standing:
    """The version after the last recorded move, unless the alias was moved outside MXT since then."""
    last = last_move(history, moment)
    if last is None:
        return Standing(None, None)
    later = history[list(history).index(last) + 1 :]
    if not later or later[0].recorded:
        return Standing(last.after, last)
    known = [made.at for made in later if made.at is not None]
    until = f" before {moments.to_text(known[0])}" if known else ""
    doubt = f"somebody moved it to version {later[0].after} outside MXT{until}; nobody knows when"
    return Standing(later[-1].after if moment == now else last.after, last, doubt)


def _table(history: Sequence[Move]) -> pd.DataFrame:
    """One row for each move, in their order."""
    import pandas as pd

    columns = ["move", "at", "from_version", "to_version", "how", "who", "why", "run"]
    rows = [
        (
            place,
            moments.to_text(made.at) if made.at else "",
            *("" if version is None else str(version) for version in (made.before, made.after)),
            *(made.how, made.who, made.why, made.run_id),
        )
        for place, made in enumerate(history, start=1)
    ]
    return pd.DataFrame(rows, columns=columns).set_index("move")
