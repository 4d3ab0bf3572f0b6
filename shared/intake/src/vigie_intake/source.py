"""Where rows come from: whatever its format, a source is columns by name and batches of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Finding:
    """Something that was found out about a file and can be overridden, such as its delimiter, and why."""

    setting: str
    value: str
    reason: str


class Source(Protocol):
    """A file, a folder or a statement that can be read again and again in bounded memory."""

    @property
    def name(self) -> str:
        """What messages and transaction names call it; no folder of the machine is in it."""
        ...

    @property
    def kind(self) -> str:
        """What format it has, such as `Parquet`, `CSV`, `JSON lines`, `camt.053`."""
        ...

    @property
    def schema(self) -> pa.Schema:
        """Columns by name, nested ones by their path (`after.amount`); those of text formats are all text."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """What was found out instead of given."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows there are, where the format says so without reading all."""
        ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in the order of the file, some thousands at a time; only these columns, in this order.

        An empty field of a text format is null. Raises InputError that names the row where it cannot be read on.
        """
        ...

    def identity(self) -> str:
        """Sixteen characters that follow from the content: the same file has the same ones wherever it lies."""
        ...


@dataclass(frozen=True)
class SourceFacts:
    """What every source knows without reading rows."""

    name: str
    kind: str
    schema: pa.Schema
    findings: tuple[Finding, ...] = field(default=())
    rows: int | None = None
