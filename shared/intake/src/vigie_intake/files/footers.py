"""Lines after the table, such as totals: found at the end of a file, before it is read."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vigie_intake.files.content import Content
from vigie_intake.files.encodings import Encoding
from vigie_intake.files.records import Dialect, RawRecord, records_of
from vigie_intake.files.tables import TextTable
from vigie_intake.files.values import cannot_be_name
from vigie_intake.source import Finding

TAIL_BYTES: Final = 65_536
MAX_PACKED_BYTES: Final = 32 << 20  # a larger packed file is not read through only to look at its end
MAX_FOOTER_LINES: Final = 20
_MAX_UNPACKED_BYTES: Final = 256 << 20
_MAX_STARTS: Final = 50
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class _Tail:
    text: str
    size: int  # of the whole content in bytes
    is_whole: bool  # whether the text begins with the first row


def rows_end(
    content: Content, encoding: Encoding, dialect: Dialect, table: TextTable, given: int | None
) -> tuple[int | None, list[Finding]]:
    """Bytes of the content up to the lines after the table, None where there are none, and what was found out."""
    is_long = not content.is_plain and content.path.stat().st_size > MAX_PACKED_BYTES
    if given == 0 or (is_long and given is None):
        return None, [_not_searched()] if given is None else []
    tail = _tail(content, encoding, table.first_line, _MAX_UNPACKED_BYTES if given is None else None)
    if tail is None:
        return None, [_not_searched()]
    if given is not None:
        lines = list(io.StringIO(tail.text, newline=""))[-given:]
        return tail.size - encoding.size_of("".join(lines)), []
    lines = _footer(tail, dialect, table.width)
    if not lines:
        return None, []
    reason = f"these lines at the end have other numbers of fields than {table.width}"
    return tail.size - encoding.size_of("".join(lines)), [Finding("footer_lines", str(len(lines)), reason)]


def _not_searched() -> Finding:
    return Finding("footer_lines", "0", "a packed file of this size is not searched for lines after its rows")


def _tail(content: Content, encoding: Encoding, first_line: int, limit: int | None) -> _Tail | None:
    """The end of a content; None where so many bytes have been unpacked before it."""
    with content.opened() as stream:
        if content.is_plain:
            size = stream.seek(0, io.SEEK_END)
            start = max(0, size - TAIL_BYTES) // encoding.unit_bytes * encoding.unit_bytes
            stream.seek(start)
            data = stream.read()
        else:
            size, data = 0, b""
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                if limit is not None and size > limit:
                    return None
                data = (data + chunk)[-TAIL_BYTES - len(chunk) :]
            start = (size - len(data) + encoding.unit_bytes - 1) // encoding.unit_bytes * encoding.unit_bytes
            data = data[start - (size - len(data)) :]
    lines = list(io.StringIO(encoding.decode_part(data), newline=""))
    # a part begins inside a line; the whole has its names and what stands before them first
    return _Tail("".join(lines[first_line - 1 :] if start == 0 else lines[1:]), size, start == 0)


def _footer(tail: _Tail, dialect: Dialect, width: int) -> list[str]:
    lines = list(io.StringIO(tail.text, newline=""))
    records, first = _records(lines, dialect, width, tail.is_whole)
    rows = [record for record in records if record.width == width]
    after: list[RawRecord] = []
    for record in reversed(records):
        if record.width == width or _is_row(record, rows, dialect):
            break
        after.insert(0, record)
    if not rows or not _is_footer(after, tail.text, width):
        return []
    return lines[first + after[0].line - 1 :]


def _records(lines: list[str], dialect: Dialect, width: int, is_whole: bool) -> tuple[list[RawRecord], int]:
    """Records of the lines, and from which line on: a part of a file may begin inside a quoted field."""
    for first in range(1 if is_whole else min(_MAX_STARTS, len(lines))):
        records = records_of("".join(lines[first:]), dialect, is_cut=False)
        if records and 2 * sum(record.width == width for record in records) >= len(records) - MAX_FOOTER_LINES:
            return records, first
    return [], 0


def _is_row(record: RawRecord, rows: Sequence[RawRecord], dialect: Dialect) -> bool:
    """Whether a record of another width is rather a damaged row: it goes over lines, or begins as the rows do."""
    if record.is_blank:
        return False
    if any("\n" in field for field in record.fields) or any(dialect.quote == field[:1] for field in record.fields):
        return True
    begins_typed = bool(rows) and all(cannot_be_name(row.fields[0]) for row in rows[-10:])
    return record.width > 1 and begins_typed and cannot_be_name(record.fields[0])


def _is_footer(after: Sequence[RawRecord], text: str, width: int) -> bool:
    written = [record for record in after if record.fields]
    if not written or len(written) > MAX_FOOTER_LINES:
        return False
    # a single last line without an end may be a row that was cut off with the file
    is_cut = len(written) == 1 and 1 < written[0].width < width and not text.endswith(("\n", "\r"))
    return not is_cut
