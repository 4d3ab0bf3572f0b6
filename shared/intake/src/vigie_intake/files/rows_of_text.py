"""The rows of a delimited text in batches, and the line at which they cannot be read on."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

import pyarrow as pa
import pyarrow.csv as pc

from vigie_intake.files.encodings import Utf8Stream
from vigie_intake.files.failures import first_line
from vigie_intake.files.records import Dialect, reader_of
from vigie_intake.files.tables import TextTable
from vigie_runtime import InputError

BLOCK_BYTES: Final = 4 << 20  # about 64,000 rows of ordinary width; a row cannot be longer
ROWS_A_BATCH: Final = 65_536
_AFTER_ROWS: Final = "#after"  # what comes after the last delimiter of rows that end in one


@dataclass
class _Uneven:
    """Rows of another number of fields, counted while the others are read."""

    count: int = 0

    def __call__(self, row: pc.InvalidRow) -> str:
        self.count += 1
        return "skip"


@dataclass
class TextRows:
    """Reads one text once; `open_text` gives it from its first row to its last."""

    name: str
    dialect: Dialect
    table: TextTable
    open_text: Callable[[], AbstractContextManager[Utf8Stream]]
    _uneven: _Uneven = field(default_factory=_Uneven)
    _quotes_are_sound: bool = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All columns as text; raises InputError that names a line."""
        if self.dialect.skips_blanks:
            yield from self._read_strictly()
            return
        with self.open_text() as stream:
            if stream.is_at_end:
                return
            try:
                yield from self._read(stream)
            except pa.ArrowInvalid as error:
                if not str(error).startswith("Empty CSV file"):
                    raise self._explained(error) from None

    def _read(self, stream: Utf8Stream) -> Iterator[pa.RecordBatch]:
        reader = self._reader(stream)
        for batch in reader:
            if self._uneven.count:
                for _ in reader:  # counts the others
                    pass
                break
            self._check(batch)
            yield batch
        if self._uneven.count:
            raise self._uneven_error()

    def _read_strictly(self) -> Iterator[pa.RecordBatch]:
        """By Python's reader, for what Arrow's does not know; several times slower."""
        records = (fields for _, fields in self._records() if fields)
        width = self.table.width
        while rows := list(islice(records, ROWS_A_BATCH)):
            if any(len(row) != width for row in rows):
                self._uneven.count = sum(len(row) != width for row in chain(rows, records))
                raise self._uneven_error()
            columns = [pa.array([field or None for field in column], pa.string()) for column in zip(*rows, strict=True)]
            batch = pa.RecordBatch.from_arrays(columns, self._names)
            self._check(batch)
            yield batch

    @property
    def _names(self) -> list[str]:
        return [*self.table.names, *([_AFTER_ROWS] if self.table.width > len(self.table.names) else [])]

    def _reader(self, stream: Utf8Stream) -> pc.CSVStreamingReader:
        names = self._names
        return pc.open_csv(
            stream,
            read_options=pc.ReadOptions(column_names=names, block_size=BLOCK_BYTES),
            parse_options=pc.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char=self.dialect.quote or False,
                escape_char=self.dialect.escape or False,
                double_quote=self.dialect.escape is None,
                newlines_in_values=True,
                invalid_row_handler=self._uneven,
            ),
            convert_options=pc.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _check(self, batch: pa.RecordBatch) -> None:
        if self.table.width > len(self.table.names) and batch.column(batch.num_columns - 1).null_count < batch.num_rows:
            raise InputError(
                f"{self.name} has {len(self.table.names)} names, but rows of {self.table.width} fields: most end in a "
                f"delimiter, but one in {_first_value(batch)!r}. Name all columns in its first line."
            )
        if self._quotes_are_sound or self.dialect.quote is None or self.dialect.skips_blanks:
            return
        quote = self.dialect.quote.encode()
        if any(_may_be_misread(column, self.dialect.delimiter, quote, self.table.width) for column in batch.columns):
            self._check_quotes()

    def _check_quotes(self) -> None:
        """Python's strict reader tells a quote that was left open from a field over several lines; Arrow's does not."""
        for _ in self._records():
            pass
        self._quotes_are_sound = True

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Line and fields of each record; raises InputError for a quote that does not close before a delimiter."""
        with self.open_text() as stream, io.TextIOWrapper(io.BufferedReader(stream), "utf-8", newline="") as lines:
            reader = reader_of(lines, self.dialect)
            line = self.table.first_line
            try:
                for fields in reader:
                    yield line, fields
                    line = self.table.first_line + reader.line_num
            except csv.Error as error:
                raise InputError(
                    f"Line {line} of {self.name}: a quote is left open or is followed by text ({error}). "
                    "Double the quotes that belong to a value, or export without quotes."
                ) from None

    def _uneven_error(self) -> InputError:
        width = self.table.width
        uneven = ((line, len(row)) for line, row in self._records() if row and len(row) != width)
        line, there = next(uneven, (self.table.first_line, 0))
        others = f" ({self._uneven.count:,} such lines)" if self._uneven.count > 1 else ""
        origin = "the line of names" if self.table.has_names else "the first row"
        start = f"Line {line} of {self.name} has {there} fields where {origin} has {width}{others}."
        if there < width:
            return InputError(f"{start} Mend it; if lines at the end are no rows, say how many: layout.footer_lines.")
        advice = "Put values that hold the delimiter into quotes"
        if self.dialect.delimiter == ",":
            advice += "; if the comma is also the decimal mark, export with semicolons"
        return InputError(f"{start} {advice}; if the delimiter is another one, say which: layout.delimiter.")

    def _explained(self, error: pa.ArrowInvalid) -> InputError:
        text = first_line(error)
        if "UTF8" in text or "UTF-8" in text:
            return InputError(
                f"Line {self._first_line_not_utf8()} of {self.name} is not UTF-8, as the lines before it are. "
                "Say the encoding, such as cp1252: layout.encoding."
            )
        if "straddling" in text or "block" in text:
            return InputError(
                f"A row of {self.name} is longer than {BLOCK_BYTES >> 20} MiB. Look for a quote that is left open."
            )
        return InputError(f"{self.name} cannot be read as CSV: {text}. Export it again.")

    def _first_line_not_utf8(self) -> int:
        with self.open_text() as stream:
            for number, line in enumerate(io.BufferedReader(stream), self.table.first_line):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return self.table.first_line


def _first_value(batch: pa.RecordBatch) -> str:
    value = next(one for one in batch.column(batch.num_columns - 1).to_pylist() if one is not None)
    return f"{value[:2]}…"


def _may_be_misread(column: pa.Array, delimiter: str, quote: bytes, width: int) -> bool:
    """Whether a value may come of a stray quote: it holds whole rows, or quotes that were escaped by a backslash."""
    buffer = column.buffers()[2]
    values = b"" if buffer is None else buffer.to_pybytes()  # finding a byte in bytes is the fastest there is
    if b"\\" in values and quote in values:
        return True  # text that follows a quote which Arrow believed to close
    if b"\n" not in values and b"\r" not in values:
        return False
    for value in column.to_pylist():
        lines = len(value.splitlines()) - 1 if value and ("\n" in value or "\r" in value) else 0
        if lines and value.count(delimiter) >= lines * (width - 1) > 0:
            return True
    return False
