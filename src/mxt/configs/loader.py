"""The parser of YAML 1.2, with bounds on what it parses."""

import re

import yaml

MAX_DEPTH = 32
MAX_NODES = 50_000
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"

NULL, BOOL, INT, FLOAT, STR = (f"tag:yaml.org,2002:{tag}" for tag in ("null", "bool", "int", "float", "str"))


class Loader(yaml.SafeLoader):
    """YAML 1.2's core schema (YAML 1.2.2, section 10.3.2) less octal, hexadecimal, inf and nan.

    Values and levels are counted as they are parsed, before anything is made of them.
    """

    values = depth = 0

    def get_event(self) -> yaml.Event:
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call] # its stubs are incomplete
        self.values += isinstance(event, yaml.NodeEvent)
        self.depth += isinstance(event, yaml.CollectionStartEvent)
        self.depth -= isinstance(event, yaml.CollectionEndEvent)
        if self.values > MAX_NODES or self.depth > MAX_DEPTH:
            deep = self.depth > MAX_DEPTH
            problem = f"nested more than {MAX_DEPTH} levels deep" if deep else f"more than {MAX_NODES} values"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type] # the mark of a loader in Python
        return event


Loader.yaml_implicit_resolvers = {}
FORMS: dict[str, re.Pattern[str]] = {}
for _tag, _pattern, _first in (
    (NULL, r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    (BOOL, r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    (INT, r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        FLOAT,
        r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
):
    FORMS[_tag] = re.compile(_pattern)
    Loader.add_implicit_resolver(_tag, FORMS[_tag], _first)
