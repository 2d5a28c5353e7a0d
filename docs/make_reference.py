"""Write the reference from the code: kinds, blocks, exit codes, command line and JSON Schema.

    python docs/make_reference.py          # write docs/reference/
    python docs/make_reference.py --check  # write nothing; exit 1 if a page differs

The folder is replaced whole, so nothing in it is written by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt import errors, settings
from mxt.cli import _parser
from mxt.kinds import Kind, example_of, families, find, help_of, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent / "reference"
SCHEMA_FILE = "mxt.schema.json"
HELP_WIDTH = "100"
"""Columns that argparse wraps its help at."""

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_NAMES = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text"}
_OTHER_CODES = (
    (errors.OK, "done", "The job ran and the answer is yes."),
    (1, "a bug", "MXT itself failed. The only case with a traceback; please report it."),
    (
        errors.VERDICT_NO,
        "a verdict",
        "The job ran and the answer is no: drifted, out of limits, not promoted.",
    ),
    (errors.NOTHING_TO_DO, "nothing to do", "There are no new rows since the last run."),
    (143, "stopped", "The process got SIGTERM. Its run is closed as failed, and people are told."),
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
        stale = sorted(name for name in {*pages, *found} if pages.get(name) != found.get(name))
        sys.stderr.writelines(f"docs/reference/{name} is stale; run just reference\n" for name in stale)
        return int(bool(stale))
    FOLDER.mkdir(exist_ok=True)
    for name in {*found} - {*pages}:
        (FOLDER / name).unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def on_disk() -> dict[str, str]:
    """The texts of the files in the folder, by name."""
    return {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.*")}


def reference() -> dict[str, str]:
    """The text of every page, by file name."""
    schema = settings.json_schema()  # makes every family known
    pages = {_page(family): family_page(family, schema["$defs"]) for family in families().values()}
    pages["blocks.md"] = blocks_page(schema["$defs"])
    pages["command-line.md"] = command_line_page()
    pages["exit-codes.md"] = exit_codes_page()
    pages["index.md"] = index_page()
    pages[SCHEMA_FILE] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return pages


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
    lines += ["```text", _parser().format_help().rstrip(), "```", ""]
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
    lines += [f"[{SCHEMA_FILE}]({SCHEMA_FILE}) is the JSON Schema (draft 2020-12) of a whole config.", ""]
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
        (f"`{name}`", _type(field), _default(name, field, part), str(field["description"]))
        for name, field in part["properties"].items()
        if field != known.get(name)
    ]
    return _table(("field", "type", "default", "meaning"), rows) if rows else ["It has no fields of its own."]


def _default(name: str, field: Schema, part: Schema) -> str:
    if name in part.get("required", ()):
        return "required"
    if "default" not in field:
        return "from the environment"
    if "$ref" in field and field["default"] == {}:
        return "its own defaults"
    return f"`{json.dumps(field['default'])}`"


def _type(field: Schema) -> str:  # noqa: PLR0911 - one line for each form
    """A type in words, with links to the kinds and blocks it is made of; null is told by the default."""
    if "discriminator" in field:
        family = _family_of(next(iter(field["discriminator"]["mapping"])))
        return f"[{family.__name__}]({_page(family)})"
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return f"[{name}](blocks.md#{name.lower()})"
    if "anyOf" in field:
        return _either(field["anyOf"])
    if "const" in field or "enum" in field:
        return " or ".join(f"`{choice}`" for choice in field.get("enum", [field.get("const")]))
    if "prefixItems" in field:
        return f"[{', '.join(map(_type, field['prefixItems']))}]"
    if field["type"] == "array":
        return f"list of {_type(field['items'])}"
    if field["type"] == "object":
        return f"mapping of names to {_type(field['additionalProperties'])}"
    return " ".join([_NAMES[field["type"]], " and ".join(_limits(field))]).strip()


def _either(choices: list[Schema]) -> str:
    words = [_type(choice) for choice in choices if choice.get("type") != "null"]
    return " or ".join(word for word in words if (word, "number" in words) != ("whole number", True))


def _limits(field: Schema) -> Iterator[str]:
    return (f"{words} {field[key]:g}" for key, words in _BOUNDS.items() if key in field)


def _family_of(member: str) -> type[Kind]:
    return next(family for family in families().values() if member in members(family))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; pipes in cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines]


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
