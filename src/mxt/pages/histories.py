"""The findings of a history job: the moves of an alias, and a chart of the version it stood for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Chart, Document, Grid, Heading
from mxt.findings.words import LONGEST_REASON, shortened, stated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    from mxt.findings import Fact
    from mxt.registries.aliases import Move


def history_answer(model: str, alias: str, moment: str, facts: Mapping[str, Fact]) -> list[str]:
    """Which version the alias stood for at a moment, since when and by whom.

    Args:
        model: Name of the model.
        alias: Name of the alias.
        moment: The moment as text.
        facts: Facts of the job.
    """
    when = stated(moment)
    if "version" not in facts:
        why = str(facts["answer"]).removeprefix("nobody knows: ")
        return [f"Nobody knows which version of {model} {alias} stood for at {when}: {why}."]
    if facts["version"] is None:
        return [f"At {when} {alias} of {model} stood for no version."]
    since = f", since {stated(facts['since'])} by {facts['by']} ({facts['how']})" if "since" in facts else ""
    doubt = f" But {facts['doubt']}." if "doubt" in facts else ""
    return [f"At {when} {alias} of {model} stood for version {facts['version']}{since}.{doubt}"]


def history_page(moves: pd.DataFrame, unmade: Sequence[tuple[Move, str]] = ()) -> Document:
    """The page: the moves in their order, and those that were decided and not made.

    Args:
        moves: A row for each move.
        unmade: Moves that a job put on record and did not make, each with the reason.
    """
    rows = [
        (
            stated(row["at"]) or "unknown",
            _step(row["from_version"], row["to_version"]),
            row["how"],
            shortened(row["who"]),
            shortened(row["why"], LONGEST_REASON),
        )
        for _, row in moves.iterrows()
    ]
    page = Document([Heading("Moves"), Grid(("at", "version", "how", "who", "why"), rows)], name="history")
    if not unmade:
        return page
    others = [
        (
            stated(f"{move.at:%Y-%m-%dT%H:%M:%SZ}"),
            _step(move.before, move.after),
            shortened(move.who),
            shortened(move.why, LONGEST_REASON),
            shortened(reason, LONGEST_REASON),
        )
        for move, reason in unmade
    ]
    return page | Document(
        [Heading("Decided, and not made"), Grid(("at", "version", "who", "why", "reason"), others)]
    )


def _step(before: object, after: object) -> str:
    return f"{before or 'none'} to {after or 'none'}"


def history_chart(alias: str, steps: Sequence[tuple[datetime, int | None]], now: datetime) -> Chart:
    """The chart of the version that an alias stood for over time.

    Args:
        alias: Name of the alias.
        steps: The moment of each recorded move, and the version from then on.
        now: Where the last step ends.
    """
    title = f"The version that {alias} stood for, until {now:%Y-%m-%d %H:%M} UTC"
    sentence = "A step for each recorded move; the last one reaches up to now."
    return Chart(title, sentence, "history", lambda figure: draw_history(figure, title, steps, now))


def draw_history(
    figure: Figure, title: str, steps: Sequence[tuple[datetime, int | None]], now: datetime
) -> None:
    """Draw the version as steps over time up to now."""
    figure.set_size_inches(8, 3)
    axes = figure.subplots()
    times = [_microseconds(moment) for moment, _ in steps]
    versions = [float("nan") if version is None else version for _, version in steps]
    axes.step([*times, _microseconds(now)], [*versions, versions[-1]], where="post", color="black")
    axes.plot(times, versions, "o", color="black")
    axes.set_yticks(sorted({version for _, version in steps if version is not None}))
    axes.set_ylabel("version")
    axes.set_title(title)
    axes.tick_params(axis="x", labelrotation=30)
    axes.grid(visible=True, alpha=0.3)


def _microseconds(moment: datetime) -> np.datetime64:
    """The moment in UTC without a time zone, which matplotlib would not accept."""
    import numpy as np

    return np.datetime64(moment.replace(tzinfo=None), "us")
