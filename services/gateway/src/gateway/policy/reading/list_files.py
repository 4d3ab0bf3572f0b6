"""Entries of a list in a CSV file beside the policy: header value,reason,by,until, one entry a line."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from gateway.policy.lists import ListEntry, ListField
from gateway.policy.reading.kinds import BY, LISTED, REASON, WRITTEN_UNTIL, Other, UnfitError, ValueKind
from gateway.policy.reading.problems import HOLDS_NUMBER, PolicyProblems
from vigie_schemas import is_account_number

HEADER: Final = ("value", "reason", "by", "until")
EXPIRED: Final = "is in the past: the entry does nothing"
MAX_FAULTS: Final = 100
"""A file of another kind would fill the screen."""


class ListFileReader:
    """Reads one file; faults and warnings go to `problems`."""

    def __init__(self, name: str, field: ListField, problems: PolicyProblems, now_ms: int) -> None:
        self._name = name
        self._value = LISTED[field]
        self._problems = problems
        self._now_ms = now_ms
        self._faults = 0

    def read(self, content: bytes) -> tuple[ListEntry, ...]:
        """The entries that are right, in the order of the file."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._fault(content.count(b"\n", 0, error.start) + 1, "is no UTF-8 text")
            return ()
        rows = self._rows(text)
        _, header = next(rows, (1, []))
        if tuple(header) != HEADER:
            self._fault(1, f"must be {','.join(HEADER)}: the header of a list file")
            return ()
        return self._entries(rows)

    def _entries(self, rows: Iterator[tuple[int, list[str]]]) -> tuple[ListEntry, ...]:
        entries: dict[str, ListEntry] = {}
        lines: dict[str, int] = {}
        for line, cells in rows:
            if self._faults >= MAX_FAULTS:
                self._problems.add_of_file(self._name, line, "and further lines were not looked at")
                break
            entry = self._entry(line, cells)
            if entry is None:
                continue
            if entry.value in entries:
                self._fault(line, f"value is in line {lines[entry.value]} already: keep one of them")
            entries[entry.value] = entry
            lines[entry.value] = line
        return tuple(entries.values())

    def _entry(self, line: int, cells: list[str]) -> ListEntry | None:
        if len(cells) != len(HEADER):
            self._fault(line, f"has {len(cells)} fields and must have {len(HEADER)}: {','.join(HEADER)}")
        for name, cell in zip(HEADER, cells, strict=False):
            if is_account_number(cell):
                self._fault(line, f"{name} {HOLDS_NUMBER}")
        if len(cells) != len(HEADER):
            return None
        value = self._cell(line, "value", cells[0], self._value)
        reason = self._cell(line, "reason", cells[1], REASON)
        by = self._cell(line, "by", cells[2], BY)
        until_ms = self._cell(line, "until", cells[3], WRITTEN_UNTIL)
        if until_ms is not None and until_ms <= self._now_ms:
            self._problems.warn_of_file(self._name, line, f"until {EXPIRED}")
        return None if value is None or reason is None or by is None else ListEntry(value, reason, by, until_ms)

    def _cell(self, line: int, name: str, text: str, kind: ValueKind[Other]) -> Other | None:
        try:
            return kind.read(text)
        except UnfitError:
            if not is_account_number(text):  # which is a fault already
                self._fault(line, f"{name} must be {kind.words}")
            return None

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Rows that hold anything, with the line they begin in and without blanks around their fields."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        begins = 1
        try:
            for cells in reader:
                stripped = [cell.strip() for cell in cells]
                if any(stripped):
                    yield begins, stripped
                begins = reader.line_num + 1
        except csv.Error as error:
            self._fault(begins, f"is no CSV: {error}")

    def _fault(self, line: int, sentence: str) -> None:
        self._faults += 1
        self._problems.add_of_file(self._name, line, sentence)
