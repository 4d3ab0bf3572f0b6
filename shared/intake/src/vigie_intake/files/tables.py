"""Where the table begins in a delimited text, after what lines, and what its columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vigie_intake.files.names import distinct
from vigie_intake.files.records import RawRecord, usual_width
from vigie_intake.files.values import cannot_be_name, typed_columns
from vigie_intake.source import Finding
from vigie_runtime import InputError

MAX_LINES_BEFORE: Final = 60


@dataclass(frozen=True)
class TextTable:
    """Names of the columns, the line of the first row (from 1), and how many fields a row has.

    `width` is one more than there are names where each row ends in a delimiter; the field after it is empty.
    """

    names: tuple[str, ...]
    first_line: int
    width: int
    has_names: bool
    findings: tuple[Finding, ...]


def table_in(records: Sequence[RawRecord], header_line: int | None, name: str) -> TextTable:
    """The table in the first records of a file; raises InputError where layout.header_line names no line of names."""
    rows = [record for record in records if not record.is_blank]
    if header_line:
        header = next((one for one in rows if one.line == header_line), None)
        if header is None:
            raise InputError(f"Line {header_line} of {name} holds no names. Say which does: layout.header_line.")
        return _named(header, rows, ())
    start, width = _beginning(rows)
    if header_line is None and (header := _header(rows, start, width)) is not None:
        return _named(header, rows, (_header_finding(header),))
    # what stands before and is cut, too, may be rows of which some are wrong: none of them is left out unasked
    first = rows[start] if header_line == 0 else next(iter(_just_before(rows, start)), rows[start])
    reason = _no_names_reason(first) if header_line is None else f"rows of {width} fields begin on line {first.line}"
    return TextTable(
        tuple(f"c{one + 1}" for one in range(width)), first.line, width, False, (Finding("header_line", "0", reason),)
    )


def _beginning(rows: Sequence[RawRecord]) -> tuple[int, int]:
    """Index of the first line of the table, and its width.

    A blank line separates what stands before a table from it, unless rows as the table's are before it, too.
    """
    parts: list[list[int]] = []
    for index, record in enumerate(rows):
        if not parts or rows[index - 1].next_line != record.line:
            parts.append([])
        parts[-1].append(index)
    width = usual_width(max(([rows[one] for one in part] for part in parts), key=_cells))
    typed = typed_columns([row.fields for row in rows if row.width == width], width)
    for part in parts:
        fitting = [one for one in part if rows[one].width == width]
        if any(all(cannot_be_name(rows[one].fields[column]) for column in typed) for one in fitting):
            return fitting[0], width
    return next(index for index, row in enumerate(rows) if row.width == width), width


def _cells(part: Sequence[RawRecord]) -> int:
    width = usual_width(part)
    return (width - 1) * sum(record.width == width for record in part)


def _header(rows: Sequence[RawRecord], start: int, width: int) -> RawRecord | None:
    """The record of names: where columns hold numbers or times, it has text above them."""
    even = [record.fields for record in rows[start:] if record.width == width]
    before = rows[start - 1] if start else None
    if before and _is_uneven_header(before, width) and _ends_empty(before, even):
        return before
    typed = typed_columns(even[max(1, 2 * len(even) // 3) :], width)  # the first ones may be lines before the table
    leading = [one for one in rows[start : start + MAX_LINES_BEFORE] if one.width == width]
    if (found := _among(leading, typed, width)) is not None:
        return found
    if before and before.width == width and _heads(before, typed_columns(even, width)):
        return before  # a blank line follows it
    uneven = [one for one in _just_before(rows, start) if not any(map(cannot_be_name, one.fields))]
    return uneven[-1] if uneven else None


def _among(leading: Sequence[RawRecord], typed: Sequence[int], width: int) -> RawRecord | None:
    """The record of names among those before the first one that has a value in each column of numbers and times."""
    ends = (index for index, one in enumerate(leading) if all(cannot_be_name(one.fields[at]) for at in typed))
    above = leading[: next(ends, 0)] if len(typed) > 1 else []
    sure = [one for one in above if _is_sure_header(one)]
    if sure:
        # a first row may have words for its numbers; a line before a table of two columns may be cut as its rows are
        return sure[0] if width > 2 else sure[-1]
    return leading[0] if _heads(leading[0], typed) else None


def _is_sure_header(record: RawRecord) -> bool:
    fields = [field.strip() for field in record.fields]
    return "" not in fields and len(set(fields)) == len(fields) and not any(map(cannot_be_name, fields))


def _heads(record: RawRecord, typed: Sequence[int]) -> bool:
    """Whether a record can be the names above columns of numbers and times."""
    above = [record.fields[position] for position in typed]
    values = sum(map(cannot_be_name, above))
    if any(field.strip() and not cannot_be_name(field) for field in above):
        return values * 2 < len(above)
    return not above and not any(map(cannot_be_name, record.fields))


def _is_uneven_header(record: RawRecord, width: int) -> bool:
    names = [field for field in record.fields if field.strip()]
    return abs(record.width - width) == 1 and len(names) >= width - 1 > 0 and not any(map(cannot_be_name, names))


def _just_before(rows: Sequence[RawRecord], start: int) -> list[RawRecord]:
    """Records of at least two fields that stand before the table without a blank line between."""
    first = start
    while first > 0 and rows[first - 1].next_line == rows[first].line:
        first -= 1
    return [one for one in rows[first:start] if one.width > 1]


def _ends_empty(before: RawRecord, even: Sequence[Sequence[str]]) -> bool:
    """Whether either the rows or the line of names end in a delimiter."""
    return not before.fields[-1] or (before.width < len(even[0]) and not any(fields[-1] for fields in even))


def _named(header: RawRecord, records: Sequence[RawRecord], found: tuple[Finding, ...]) -> TextTable:
    rows = [record for record in records if record.line > header.line]
    fields = [field.strip().strip("\ufeff") for field in header.fields]
    width = usual_width(rows) if rows else len(fields)
    findings = list(found)
    if width == len(fields) - 1 and not fields[-1]:
        fields.pop()
        findings.append(Finding("columns", str(width), "the line of names ends in a delimiter, the rows do not"))
    ends_empty = width == len(fields) + 1 and not any(row.fields[-1] for row in rows if row.width == width)
    if ends_empty:
        reason = "each row ends in a delimiter: the empty field after it is dropped"
        findings.append(Finding("columns", str(len(fields)), reason))
    unnamed = [f"c{position + 1}" for position, field in enumerate(fields) if not field]
    if unnamed:
        findings.append(Finding("columns", ", ".join(unnamed), "these columns have no name"))
    names, repeated = distinct([field or f"c{position + 1}" for position, field in enumerate(fields)])
    width = len(names) + ends_empty
    return TextTable(tuple(names), header.next_line, width, True, (*findings, *repeated))


def _header_finding(header: RawRecord) -> Finding:
    before = "; what stands before it is left out" if header.line > 1 else ""
    return Finding("header_line", str(header.line), f"it holds names above even rows{before}")


def _no_names_reason(first: RawRecord) -> str:
    positions = [str(index + 1) for index, field in enumerate(first.fields) if cannot_be_name(field)]
    where = f" in column {', '.join(positions[:5])}" if positions else ""
    return f"line {first.line} holds values{where}, not names; columns are called c1, c2 …"
