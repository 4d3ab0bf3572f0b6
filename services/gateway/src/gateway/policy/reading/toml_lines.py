"""On which line each key of a TOML text stands: the standard library's parser tells values and no places.

Only text that the parser has accepted is scanned, so nothing is checked here.
"""

import re
import tomllib
from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from typing import Final

TomlPath = tuple[str | int, ...]
"""Keys by name and elements by place: `("limits", 0, "per_day_eur")`."""

_TOKEN: Final = re.compile(
    r"""
      (?P<newline>\n)
    | (?P<space>[ \t\r]+)
    | (?P<comment>\#[^\n]*)
    | (?P<string>
          \"{3} (?:\\[\s\S]|[^\\])*? \"{3,5}
        | '{3} [\s\S]*? '{3,5}
        | " (?:\\.|[^"\\\n])* "
        | ' [^'\n]* '
      )
    | (?P<mark>[\[\]{},=.])
    | (?P<bare>[^\s\#\[\]{},=."']+)
    """,
    re.VERBOSE,
)
_ENDS_VALUE: Final = (",", "]", "}")
MAX_DEPTH: Final = 32
"""Far more than any policy has; deeper ones would be walked through in recursion."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class TomlLines:
    """Line of each key, table and element by its path, counted from 1; and the comments with their lines."""

    by_path: dict[TomlPath, int] = field(default_factory=dict)
    comments: list[tuple[int, str]] = field(default_factory=list)

    def of(self, path: TomlPath) -> int | None:
        """The line of the path, or of the nearest table around it that has one."""
        return next((line for end in range(len(path), 0, -1) if (line := self.by_path.get(path[:end]))), None)


def scan(text: str) -> TomlLines:
    """The lines of a text that `tomllib.loads` accepts; raises RecursionError for one that is nested too deep."""
    return _Scanner(text.replace("\r\n", "\n")).run()


class _Scanner:
    """Goes through the text once; `_next` skips what has no meaning where it is called."""

    def __init__(self, text: str) -> None:
        self._found = TomlLines()
        self._tokens = list(_tokens(text, self._found.comments))
        self._place = 0
        self._elements: dict[TomlPath, int] = {}
        """Arrays of tables by their path, with how many elements they have so far."""

    def run(self) -> TomlLines:
        table: TomlPath = ()
        while (token := self._peek()) is not None:
            if token.kind == "newline":
                self._place += 1
            elif token.text == "[" and token.kind == "mark":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> TomlPath:
        self._next()
        is_array = self._skip_mark("[")
        names, line = self._key()
        self._skip_mark("]")
        if is_array:
            self._skip_mark("]")
        path: TomlPath = ()
        for name in names:
            path = self._latest(path)
            path = (*path, name)
            self._found.by_path.setdefault(path, line)
        if is_array:
            place = self._elements.get(path, 0)
            self._elements[path] = place + 1
            path = (*path, place)
        self._found.by_path[path] = line
        return path

    def _latest(self, path: TomlPath) -> TomlPath:
        """The last element of an array of tables, which is what a header below it means; else the path."""
        return (*path, self._elements[path] - 1) if path in self._elements else path

    def _pair(self, table: TomlPath) -> None:
        names, line = self._key()
        self._skip_mark("=")
        path = table
        for name in names:
            path = (*path, name)
            self._found.by_path.setdefault(path, line)
        self._value(path)

    def _key(self) -> tuple[list[str], int]:
        token = self._next()
        names = [_name(token)]
        while self._skip_mark("."):
            names.append(_name(self._next()))
            _require_shallow(names)
        return names, token.line

    def _value(self, path: TomlPath) -> None:
        _require_shallow(path)
        token = self._next()
        if token.kind == "mark" and token.text == "[":
            for place, line in enumerate(self._elements_until("]")):
                self._found.by_path[(*path, place)] = line
                self._value((*path, place))
        elif token.kind == "mark" and token.text == "{":
            for _ in self._elements_until("}"):
                self._pair(path)
        elif token.kind != "string":
            self._rest_of_bare_value()

    def _elements_until(self, end: str) -> Iterator[int]:
        """The line of each element, which the caller reads before it asks for the next one."""
        while (token := self._peek()) is not None:
            if token.kind == "newline" or (token.kind == "mark" and token.text == ","):
                self._place += 1
            elif token.kind == "mark" and token.text == end:
                self._place += 1
                return
            else:
                yield token.line

    def _rest_of_bare_value(self) -> None:
        """A number has dots and a time may have a blank in it: all up to what ends the value."""
        while (token := self._peek()) is not None and token.kind != "newline" and token.text not in _ENDS_VALUE:
            self._place += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _skip_mark(self, mark: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "mark" or token.text != mark:
            return False
        self._place += 1
        return True


def _tokens(text: str, comments: list[tuple[int, str]]) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind, part = found.lastgroup or "", found[0]
        if kind == "comment":
            comments.append((line, part))
        elif kind != "space":
            yield _Token(kind, part, line)
        line += part.count("\n")


def _require_shallow(path: Sized) -> None:
    if len(path) > MAX_DEPTH:
        raise RecursionError


def _name(token: _Token) -> str:
    if token.kind != "string":
        return token.text
    return next(iter(tomllib.loads(f"{token.text} = 0")))
