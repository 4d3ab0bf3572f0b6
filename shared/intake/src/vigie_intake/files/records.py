"""The first records of a delimited text, cut by one dialect, each with the line it begins on."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_FIELD_CHARACTERS: Final = 131_072  # of Python's csv, which reads the sample


@dataclass(frozen=True)
class Dialect:
    """How records are cut into fields; no quote means that quotes are ordinary characters."""

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    skips_blanks: bool = False  # between a delimiter and a quote


@dataclass(frozen=True)
class RawRecord:
    """Fields, the line that they begin on (counted from 1), and the line after their end."""

    fields: tuple[str, ...]
    line: int
    next_line: int

    @property
    def is_blank(self) -> bool:
        """Whether the line is empty."""
        return not any(field.strip() for field in self.fields) and len(self.fields) <= 1

    @property
    def width(self) -> int:
        """How many fields there are."""
        return len(self.fields)


def records_of(text: str, dialect: Dialect, is_cut: bool) -> list[RawRecord] | None:
    """Records of a text, None where its quotes do not close; the last one is left out where the text is cut off."""
    reader = reader_of(io.StringIO(text, newline=""), dialect)
    records: list[RawRecord] = []
    line = 1
    try:
        for fields in reader:
            records.append(RawRecord(tuple(fields), line, reader.line_num + 1))
            line = reader.line_num + 1
    except csv.Error as error:
        if not (is_cut and "unexpected end" in str(error)):
            return None
        return records
    return records[:-1] if is_cut else records


def reader_of(lines: io.TextIOBase, dialect: Dialect):
    """Python's reader for a dialect, which raises csv.Error where a closed quote is followed by text."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or '"',
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.skips_blanks,
        strict=True,
    )


def usual_width(records: Sequence[RawRecord]) -> int:
    """How many fields the rows have: the number that makes the largest table; below 2 where there is no table."""
    counts = Counter(record.width for record in records if not record.is_blank)
    return max(counts, key=lambda width: (counts[width] * (width - 1), counts[width]), default=0)
