"""History: which version an alias stood for, and who moved it."""

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
from mxt.registries import moments
from mxt.registries.aliases import moves, standing
from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.findings import Fact
    from mxt.registries.aliases import Move


_DAY_OR_MOMENT = (
    r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?$"
)


@dataclass(frozen=True)
class Answer:
    """Which version an alias stood for at a moment."""

    version: int | None
    move: Move | None
    """The last recorded move before it."""
    doubt: str = ""
    """Why it may have been another version; empty if nothing speaks for that."""


class HistoryJob(Job):
    """Tells which version an alias stood for at a moment, and every move that jobs made of it.

    The verdict is no if no move had been recorded by then.

    Example:
        KIND: HistoryJob
        alias: Champion
        as_of: "2026-11-21"
    """

    KIND: Literal["HistoryJob"] = "HistoryJob"

    alias: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")] = "Champion"
    """The alias that is asked about."""

    as_of: Annotated[str, StringConstraints(pattern=_DAY_OR_MOMENT)] | None = None
    """A day such as 2026-11-21, which means its end, or a moment such as 2026-11-21T20:15:00+01:00; in UTC
    unless the moment says otherwise. Now if left out."""

    history: OneOf[Writer] | None = None
    """Also write the table of moves here."""

    def run(self) -> Locals:
        context = self.context
        now = moments.now()
        moment = self._moment(now)
        made = moves(context.client, context.name, self.alias)
        known = aliases_of(context.client, context.name)
        if not made and self.alias not in known:
            names = ", ".join(sorted(known)) or "none"
            msg = f"{context.name!r} has no alias {self.alias!r}, and had none before; it has: {names}."
            raise ModelError(msg)
        context.run.tag({"mxt.model": context.name})
        context.facts |= {"model": context.name, "alias": self.alias, "as_of": moments.to_text(moment)}
        return context.conclude(self._findings(made, _answer(made, moment, now), moment, now))

    def _moment(self, now: datetime) -> datetime:
        """The moment that is asked about; today's end has not come, so today means now."""
        if self.as_of is None or self.as_of == str(now.date()):
            return now
        try:
            asked = datetime.fromisoformat(self.as_of)
            asked += timedelta(days=1, microseconds=-1) if self._is_day else timedelta()
            moment = asked.replace(tzinfo=asked.tzinfo or UTC).astimezone(UTC)
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

    def _facts(self, answer: Answer, made: Sequence[Move]) -> dict[str, Fact]:
        """The answer, and how many moves there were."""
        last = answer.move
        counts: dict[str, Fact] = {
            "moves": len(made),
            "moves_outside": sum(not part.recorded for part in made),
        }
        if last is None or last.at is None:
            first = next((part.at for part in made if part.at), None)
            since = f"; the first is of {moments.to_text(first)}" if first else ""
            return {"answer": f"nobody knows: no move was recorded by then{since}", **counts}
        facts: dict[str, Fact] = {"version": answer.version}
        if answer.doubt:
            facts["doubt"] = answer.doubt
        if last.after == answer.version:
            facts |= {"since": moments.to_text(last.at), "by": last.who, "why": last.why, "how": last.how}
        if self._is_day:
            day = [part for part in made if part.at and str(part.at.date()) == self.as_of]
            facts["that_day"] = (
                ", ".join(f"{part.after} from {part.at:%H:%M:%S}" for part in day) or "no move"
            )
        return {**facts, **counts}

    def _findings(self, made: Sequence[Move], answer: Answer, moment: datetime, now: datetime) -> Findings:
        table, facts = _table(made), self._facts(answer, made)
        steps = [(part.at, part.after) for part in made if part.at is not None]
        return Findings(
            passed=answer.move is not None and answer.version is not None,
            answer=history_answer(self.context.name, self.alias, moments.to_text(moment), facts),
            facts=facts,
            scores={} if answer.version is None else {"version": answer.version},
            tables={"history": table},
            charts={"history": history_chart(self.alias, steps, now)} if steps else {},
            page=history_page(table),
            outputs=[Output("history", self.history, table)],
            values={"history": table, "version": answer.version},
        )


def _answer(made: Sequence[Move], moment: datetime, now: datetime) -> Answer:
    """The version of the last recorded move, unless the alias was moved by others after that."""
    last = standing(made, moment)
    if last is None:
        return Answer(None, None)
    later = made[list(made).index(last) + 1 :]
    if not later or later[0].recorded:
        return Answer(last.after, last)
    known = [part.at for part in later if part.at is not None]
    until = f" before {moments.to_text(known[0])}" if known else ""
    doubt = f"somebody moved it to version {later[0].after} outside MXT{until}; nobody knows when"
    return Answer(later[-1].after if moment == now else last.after, last, doubt)


def _table(made: Sequence[Move]) -> pd.DataFrame:
    """One row for each move, in their order."""
    import pandas as pd

    rows = [
        {
            "move": place,
            "at": moments.to_text(part.at) if part.at else "",
            "from_version": "" if part.before is None else str(part.before),
            "to_version": "" if part.after is None else str(part.after),
            "how": part.how,
            "who": part.who,
            "why": part.why,
            "run": part.run_id,
        }
        for place, part in enumerate(made, start=1)
    ]
    columns = ["move", "at", "from_version", "to_version", "how", "who", "why", "run"]
    return pd.DataFrame(rows, columns=columns).set_index("move")
