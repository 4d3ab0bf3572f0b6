"""Answers of InfluxDB, read as Grafana reads them: columns of the group key are labels, all others are values."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final

import httpx2

from vigie_runtime import InputError, UnavailableError

Labels = tuple[tuple[str, str], ...]
Row = dict[str, str]
_NUMBERS: Final = {"double", "long", "unsignedLong"}
DIALECT: Final = {"header": True, "annotations": ["datatype", "group", "default"]}


@dataclass(frozen=True)
class Table:
    """One table of an answer."""

    labels: Labels
    types: dict[str, str]
    """Datatype of each column that is no label."""
    rows: list[Row] = field(default_factory=list)

    @property
    def is_series(self) -> bool:
        """Whether it has one time and one number column: Grafana can draw and reduce only such tables."""
        return set(self.types) == {"_time", "_value"} and self.types["_value"] in _NUMBERS

    @property
    def field(self) -> str:
        """The field's name, or an empty text."""
        return dict(self.labels).get("_field", "")

    def values(self) -> list[float]:
        """Numbers of `_value`, without gaps."""
        return [float(row["_value"]) for row in self.rows if row["_value"] != ""]


class InfluxQueries:
    """A connection to one organisation of an InfluxDB; a context manager."""

    def __init__(self, url: str, token: str, organisation: str, *, seconds: float = 30) -> None:
        self._client = httpx2.Client(
            base_url=url, headers={"Authorization": f"Token {token}"}, params={"org": organisation}, timeout=seconds
        )

    def __enter__(self) -> "InfluxQueries":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, flux: str) -> list[Table]:
        """Tables of the answer; InputError for a query that InfluxDB refuses, UnavailableError without an answer."""
        try:
            answer = self._client.post("/api/v2/query", json={"query": flux, "type": "flux", "dialect": DIALECT})
        except httpx2.TransportError as error:
            raise UnavailableError(f"InfluxDB at {self._client.base_url} does not answer: {error}.") from error
        if answer.status_code != httpx2.codes.OK:
            raise InputError(f"InfluxDB refused a query: {answer.text.strip()}\n{flux}")
        return tables_of(answer.text)


def tables_of(annotated_csv: str) -> list[Table]:
    """Tables of an annotated CSV answer; raise InputError for the error that InfluxDB may send within an answer."""
    found: list[Table] = []
    for header, types, groups, defaults, rows in _blocks(annotated_csv):
        if header[1:3] == ["error", "reference"]:
            raise InputError(f"InfluxDB failed during a query: {rows[0][1] if rows else 'no reason given'}")
        current: str | None = None
        for row in rows:
            cells = {name: cell or default for name, cell, default in zip(header, row, defaults, strict=True) if name}
            if cells["table"] != current:
                current = cells["table"]
                found.append(_table(cells, header, types, groups))
            found[-1].rows.append({name: cells[name] for name in found[-1].types})
    return found


def _table(cells: Row, header: list[str], types: list[str], groups: list[str]) -> Table:
    columns = [
        (name, kind, group == "true")
        for name, kind, group in zip(header, types, groups, strict=True)
        if name not in ("", "result", "table")
    ]
    labels = tuple((name, cells[name]) for name, _, in_key in columns if in_key)
    return Table(labels, {name: kind.split(":")[0] for name, kind, in_key in columns if not in_key})


Block = tuple[list[str], list[str], list[str], list[str], list[list[str]]]


def _blocks(annotated_csv: str) -> Iterator[Block]:
    """Header, datatypes, group flags, defaults and rows of each part with the same columns."""
    lines = list(csv.reader(annotated_csv.splitlines()))
    starts = [number for number, line in enumerate(lines) if line and line[0] == "#datatype"]
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        types, groups, defaults, header = lines[start : start + 4]
        yield header, types, groups, defaults, [line for line in lines[start + 4 : end] if line]


def moment(text: str) -> datetime:
    """A time as InfluxDB writes it, cut to microseconds."""
    head, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{(rest or '0')[:6]:0<6}+00:00")
