"""docs/log-events.md from the log calls of every package."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from vigie_docs.log_calls import LogCall
from vigie_docs.log_events import events

LOGS = "shared/runtime/src/vigie_runtime/logs.py"
HEAD = """# Log events

Every event that a service can log, read from the source by `make docs`; `make check` fails where this page differs from
the source.

An event is a fixed text, so that a search finds it; what varies is in the fields. In production each record is one line
of JSON on standard error (`VIGIE_LOG_FORMAT=json`) with `event`, `level`, `service`, `logger`, `timestamp` (UTC) and
the fields below; `make run` writes the same as text into `.vigie/logs/<service>.log`. No field holds a card or account
number. `exception` is a stack trace; `name.*` stands for several fields, those of the named mapping.

{levels}

An outage is called *unavailable*, whatever it is that does not answer.
"""


def page(repository: Path, calls: Mapping[str, Sequence[LogCall]]) -> str:
    """The whole page: levels, then a table for each package that logs."""
    parts = [HEAD.format(levels=_levels((repository / LOGS).read_text()))]
    for folder, found in calls.items():
        rows = [
            f"| {event.event} | {event.level} | {_code(map(_field, event.fields))} | {_code(event.modules)} |"
            for event in events(found)
        ]
        parts.append(
            "\n".join([f"\n## {_title(folder)}\n", "| event | level | fields | module |", "|---|---|---|---|", *rows])
        )
        parts.append("\n")
    return "".join(parts)


def _title(folder: str) -> str:
    parent, _, name = folder.rpartition("/")
    return f"{name}, in every service that uses it" if parent == "shared" else name


def _levels(source: str) -> str:
    """What the levels mean, as the module that sets up the logs says it."""
    documentation = ast.get_docstring(ast.parse(source)) or ""
    paragraphs = [part for part in documentation.split("\n\n") if part.startswith("Levels: ")]
    if len(paragraphs) != 1:
        raise ValueError(
            f"{LOGS} must say in one paragraph of its docstring, beginning with `Levels: `, what each means"
        )
    return paragraphs[0]


def _field(name: str) -> str:
    return f"{name.removeprefix('**')}.*" if name.startswith("**") else name


def _code(names: "Sequence[str] | map[str]") -> str:
    return ", ".join(f"`{name}`" for name in names)
