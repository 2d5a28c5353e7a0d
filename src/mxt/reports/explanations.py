"""What an explanations job found: a page of text and tables, and one figure an output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from mxt.importances.tally import Tally

TOP = 10
FIGURE_ROWS = 2000
SAMPLED = "The intervals of mean_abs_shap are for what all these rows together would tell."


def summary(
    provenance: Mapping[str, str],
    tally: Tally,
    importances: pd.DataFrame,
    texts: Sequence[str] = (),
) -> str:
    """A Markdown page that says in words and tables what the figures show.

    Args:
        provenance: Where the explanations come from.
        tally: Of all rows explained.
        importances: A table of `FeatureImportancesSchema`.
        texts: What the importances found beside their table, in Markdown.
    """
    explanation = tally.explanation
    law = "is the prediction of each row" if explanation.additive else "nears the prediction of each row"
    of_all = "" if tally.strata is None else f" of {tally.strata.rows}"
    told = (
        f"{tally.rows}{of_all} rows of {provenance['model_uri']} were explained by {explanation.method}. "
        f"Contributions are in {explanation.unit} and start from the base value: base plus contributions "
        f"{law}, to {tally.largest_residual:.1g} at worst."
    )
    lines = ["# Explanations", "", told]
    if tally.strata is not None:
        lines += ["", f"Explained were {provenance['sample']}. {SAMPLED}"]
    for (method, name), part in importances.groupby(["method", "class"], dropna=False, sort=False):
        of_class = f", class {name}" if isinstance(name, str) else ""
        fidelity = part["fidelity"].iloc[0]
        faithful = "" if math.isnan(fidelity) else f", fidelity {fidelity:.3f}"
        title = f"## {method} ({part['unit'].iloc[0]}{of_class}{_drawn(part, tally.rows)}{faithful})"
        shown = part[part["importance"] != 0] if part["importance"].any() else part
        lines += ["", title, "", *_table(shown.head(TOP))]
    if texts:
        lines += ["", "## More about the model", "", "\n\n".join(texts)]
    lines += ["", "## Provenance", "", "| what | value |", "| --- | --- |"]
    lines += [f"| {key} | {value} |" for key, value in provenance.items()]
    return "\n".join(lines) + "\n"


def contributions_figure(tally: Tally, output: int, name: str) -> Figure:
    """A beeswarm of the contributions to one output: a dot a row, coloured by the column's value.

    Of many rows some are shown, drawn by their ids.
    """
    import matplotlib as mpl
    import shap

    mpl.use("agg")
    from matplotlib import pyplot as plt

    shown = tally.explanation.to_shap(tally.inputs, output)[:FIGURE_ROWS]
    axes = shap.plots.beeswarm(shown, max_display=TOP, show=False)
    few = f", {len(shown)} of {tally.rows} rows" if len(shown) < tally.rows else ""
    axes.set_title(f"Contributions{f' to {name}' if name else ''} ({tally.explanation.unit}{few})")
    return plt.gcf()


def _drawn(part: pd.DataFrame, rows: int) -> str:
    """How many rows a method used, if not all; some columns may have been told by fewer."""
    used = part["n"].max()
    return f", {used} of {rows} rows" if part["n"].notna().any() and used < rows else ""


def _table(part: pd.DataFrame) -> list[str]:
    """The leading columns of one method; interval and direction only where they are known."""
    told, sure = bool((part["direction"] != "unknown").any()), bool(part["ci_low"].notna().any())
    heads = ["rank", "column", "importance", *(["95 % interval"] if sure else []), "share"]
    heads += ["a higher value"] if told else []
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in part.itertuples():
        interval = [f"{row.ci_low:.4g} to {row.ci_high:.4g}"] if sure else []
        cells = [str(row.rank), str(row.feature), f"{row.importance:.4g}", *interval, f"{row.share:.1%}"]
        lines.append(f"| {' | '.join([*cells, *([str(row.direction)] if told else [])])} |")
    return lines
