"""One table of the policy: its keys are taken one by one, and what is wrong or not known is noted."""

import difflib
from collections.abc import Iterator
from typing import Any, TypeVar

from gateway.policy.reading.kinds import UnfitError, ValueKind
from gateway.policy.reading.problems import PolicyProblems, path_text, shown
from gateway.policy.reading.toml_lines import TomlPath

Value = TypeVar("Value")


class PolicyTable:
    """Keys that are not there or do not fit are None; `close` notes those that no one has asked for."""

    def __init__(self, values: dict[str, Any], path: TomlPath, problems: PolicyProblems) -> None:
        self._values = values
        self._known: dict[str, None] = {}
        self.path = path
        self.problems = problems

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def optional(self, key: str, kind: ValueKind[Value]) -> Value | None:
        """The value of a key that may be left out."""
        self._known[key] = None
        if key not in self._values:
            return None
        try:
            return kind.read(self._values[key])
        except UnfitError:
            self.problem(key, f"must be {kind.words}")
            return None

    def needed(self, key: str, kind: ValueKind[Value]) -> Value | None:
        """The value of a key that must be there."""
        if key not in self._values:
            self.problem(key, f"is missing: it must be {kind.words}")
        return self.optional(key, kind)

    def tables(self, key: str) -> Iterator["PolicyTable"]:
        """The tables of an array, as `[[limits]]`; none where the key is left out."""
        self._known[key] = None
        values = self._values.get(key, [])
        if not isinstance(values, list):
            header = ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))
            self.problem(key, f"must be tables with two brackets: [[{header}]]")
            return
        for place, value in enumerate(values):
            path = (*self.path, key, place)
            if isinstance(value, dict):
                yield PolicyTable(value, path, self.problems)
            else:
                self.problems.add(path, "must be a table")

    def table(self, key: str) -> "PolicyTable | None":
        """A table of its own, as `[callers]`; None where the key is left out."""
        self._known[key] = None
        if key not in self._values:
            return None
        value, path = self._values[key], (*self.path, key)
        if isinstance(value, dict):
            return PolicyTable(value, path, self.problems)
        self.problems.add(path, f"must be a table: [{path_text(path)}]")
        return None

    def names(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self._values)

    def problem(self, key: str, sentence: str) -> None:
        """Note what is wrong with a key."""
        self.problems.add((*self.path, key), sentence)

    def close(self) -> None:
        """Note every key that was not asked for."""
        for key in self._values:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                meant = f"did you mean {near[0]}? " if near else ""
                self.problem(key, f"is not known; {meant}Known there: {', '.join(self._known)}")


def once(table: PolicyTable, name: str | None, known: dict[str, TomlPath]) -> str | None:
    """The name, noted as a fault where another table has it."""
    if name is not None and name in known:
        line = table.problems.lines.of((*known[name], "name"))
        table.problem("name", f"{shown(name)} stands there twice, in line {line} too: give each its own name")
    elif name is not None:
        known[name] = table.path
    return name
