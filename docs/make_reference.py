"""Write the reference from the code: kinds, blocks, exit codes, command line and JSON Schema.

    python docs/make_reference.py          # write docs/reference/
    python docs/make_reference.py --check  # write nothing; exit 1 if a page differs

The folder is replaced whole, so nothing in it is written by hand. The schema is written into the package.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mxt
from mxt import errors, settings
from mxt.commands import base
from mxt.commands.help import overview
from mxt.kinds import Kind, find, members
from mxt.kinds.families import families
from mxt.kinds.schemas import Schema, default_in_words, type_in_words
from mxt.kinds.texts import example_of, help_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent / "reference"
SCHEMA = Path(mxt.__file__).with_name("schema.json")
HELP_WIDTH = "100"
"""Columns that argparse wraps its help at."""

_OTHER_CODES = (
    (errors.OK, "done", "The job ran and the answer is yes."),
    (1, "a bug", "MXT itself failed. The only case with a traceback; please report it."),
    (
        errors.VERDICT_NO,
        "a verdict",
        "The job ran and the answer is no: drifted, out of limits, not promoted.",
    ),
    (errors.NOTHING_TO_DO, "nothing to do", "There are no new rows since the last run."),
    (130, "stopped", "Ctrl-C was pressed. The run is closed as failed, and people are notified."),
    (143, "stopped", "The process got SIGTERM. Its run is closed as failed, and people are notified."),
)
_OUTCOME = (
    ("`job`", "its `KIND`, or null if the config is wrong"),
    ("`outcome`", "`passed`, `refused`, `skipped` or `failed`"),
    ("`exit_code`", "the [exit code](exit-codes.md)"),
    ("`run_id`, `tracking_uri`", "the run in MLflow, once there is one"),
    ("`outputs`", "where each output went, by its field; absent if the job failed"),
    ("`facts`", "what was found; absent if the job failed"),
    ("`error`", "what went wrong; absent if nothing did"),
)


def main() -> int:
    """Write the pages, or compare them with those on disk."""
    parser = argparse.ArgumentParser(description="Write the reference from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page differs")
    pages, found = reference(), on_disk()
    if parser.parse_args().check:
        stale = sorted(file for file in {*pages, *found} if pages.get(file) != found.get(file))
        sys.stderr.writelines(f"{file} is stale; run just reference\n" for file in stale)
        return int(bool(stale))
    FOLDER.mkdir(exist_ok=True)
    for file in {*found} - {*pages}:
        file.unlink()
    for file, text in pages.items():
        file.write_text(text, encoding="utf-8")
    return 0


def on_disk() -> dict[Path, str]:
    """The texts of the files in the folder, and the schema."""
    files = [*FOLDER.glob("*.*"), *(file for file in [SCHEMA] if file.exists())]
    return {file: file.read_text(encoding="utf-8") for file in files}


def reference() -> dict[Path, str]:
    """The text of every page and of the schema, by file."""
    schema = settings.json_schema()  # makes every family known
    pages = {_page(family): family_page(family, schema["$defs"]) for family in families().values()}
    pages["blocks.md"] = blocks_page(schema["$defs"])
    pages["command-line.md"] = command_line_page()
    pages["exit-codes.md"] = exit_codes_page()
    pages["index.md"] = index_page()
    return {FOLDER / name: text for name, text in pages.items()} | {SCHEMA: settings.schema_text()}


def family_page(family: type[Kind], parts: Schema) -> str:
    """A family: what it does, and each of its members with its fields and example."""
    kinds = members(family)
    summaries = [(f"[{name}](#{name.lower()})", _first_line(kind)) for name, kind in kinds.items()]
    lines = [f"# {family.__name__}", "", help_of(family), "", *_table(("KIND", "what it is"), summaries)]
    shared = family.model_json_schema()
    if shared.get("properties"):
        lines += ["", "## Fields of every member", "", *_fields(shared, {})]
    for name, kind in kinds.items():
        lines += ["", f"## {name}", "", help_of(kind), "", *_fields(parts[name], shared)]
        lines += ["", "```yaml", example_of(kind), "```"]
    return _text(lines)


def blocks_page(parts: Schema) -> str:
    """The blocks that are no kinds: each has one form only, so it needs no KIND."""
    lines = ["# Blocks without a KIND", "", "These parts of a config have one form only."]
    for name, part in sorted(parts.items()):
        if find(name) is None:
            lines += ["", f"## {name}", "", str(part["description"]), "", *_fields(part, {})]
    return _text(lines)


def command_line_page() -> str:
    """What the command line takes, in the words of its own help."""
    os.environ["COLUMNS"] = HELP_WIDTH
    lines = ["# Command line", "", "`mxt` and `python -m mxt` are the same command.", ""]
    lines += ["```text", overview(), "```", ""]
    for word in base.own():
        lines += [f"## mxt {word}", "", "```text", base.parser_of(word).format_help().rstrip(), "```", ""]
    lines += ["## How a run ends", ""]
    lines += ["Logs go to the standard error stream."]
    lines += ["The last line that a job writes to the standard output is one JSON object:", ""]
    return _text([*lines, *_table(("key", "value"), _OUTCOME)])


def exit_codes_page() -> str:
    """What each exit code means, from the classes of errors."""
    kinds = errors.MxtError.__subclasses__()
    told = [(kind.exit_code, f"`{kind.__name__}`", _first_line(kind)) for kind in kinds]
    rows = [(str(code), name, meaning) for code, name, meaning in sorted([*told, *_OTHER_CODES])]
    lines = [
        "# Exit codes",
        "",
        "The exit code says how a job ended; `exit_code` in its last line is the same.",
    ]
    return _text([*lines, "", *_table(("code", "what", "when"), rows)])


def index_page() -> str:
    """The families, and the other pages."""
    rows = [
        (
            f"[{name}]({_page(family)})",
            _first_line(family),
            ", ".join(f"`{kind}`" for kind in members(family)),
        )
        for name, family in families().items()
    ]
    lines = [
        "# Reference",
        "",
        "Written from the code. A config names a kind by `KIND`; kinds form families.",
        "",
    ]
    lines += [*_table(("family", "what a member does", "members"), rows), ""]
    lines += ["`mxt schema` prints the JSON Schema (draft 2020-12) of a whole config.", ""]
    pages = [_page(family).removesuffix(".md") for family in families().values()]
    entries = [*pages, "blocks", "command-line", "exit-codes"]
    return _text([*lines, "```{toctree}", ":hidden:", "", *entries, "```"])


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _page(family: type[Kind]) -> str:
    return f"{family.__name__.lower()}.md"


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().partition("\n")[0]


def _fields(part: Schema, shared: Schema) -> list[str]:
    """A table of the fields of a block, less those that it has as the `shared` block has them."""
    known = {"KIND": part["properties"].get("KIND"), **shared.get("properties", {})}
    rows = [
        (f"`{name}`", type_in_words(field, _link), default_in_words(name, part), str(field["description"]))
        for name, field in part["properties"].items()
        if field != known.get(name)
    ]
    return _table(("field", "type", "default", "meaning"), rows) if rows else ["It has no fields of its own."]


def _link(name: str) -> str:
    """A link to a family, or to a block that is no kind."""
    if name in families():
        return f"[{name}]({_page(families()[name])})"
    return f"[{name}](blocks.md#{name.lower()})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; pipes in cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines]


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
