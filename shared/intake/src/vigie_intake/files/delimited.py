"""CSV and its kin: text whose lines are cut into fields, all of them kept as text."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from vigie_intake.files.content import Content, read_up_to
from vigie_intake.files.dialects import cut_by_best
from vigie_intake.files.encodings import Encoding, Utf8Stream, encoding_of
from vigie_intake.files.failures import chosen
from vigie_intake.files.footers import rows_end
from vigie_intake.files.identity import identity_of_file
from vigie_intake.files.names import distinct
from vigie_intake.files.records import Dialect, reader_of, usual_width
from vigie_intake.files.rows_of_text import TextRows
from vigie_intake.files.tables import TextTable, table_in
from vigie_intake.mapping import Layout
from vigie_intake.source import Source, SourceFacts
from vigie_runtime import InputError

SAMPLE_BYTES: Final = 262_144
LINE_OF_NAMES_BYTES: Final = 65_536


@dataclass(frozen=True, kw_only=True)
class CsvSource(SourceFacts):
    """A delimited text file; its dialect, encoding and table were found out or given."""

    content: Content
    member: str | None
    encoding: Encoding
    dialect: Dialect
    table: TextTable
    skip: int  # bytes before the first row, of the text as UTF-8
    size: int | None  # bytes up to the lines after the table, as they are in the file

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows, tens of thousands at a time; an empty field is null, and `NA` is text.

        Raises InputError that names the first line which has another number of fields, or is not of the encoding.
        """
        names = chosen(columns, self.table.names, self.name)
        rows = TextRows(self.name, self.dialect, self.table, self._text)
        for batch in rows.batches():
            yield batch.select(names)

    def identity(self) -> str:
        """Sixteen characters that follow from the content."""
        return identity_of_file(self.content.path, self.name, self.member)

    @contextmanager
    def _text(self) -> Iterator[Utf8Stream]:
        with self.content.opened() as raw, Utf8Stream(raw, self.encoding, self.skip, self.size) as stream:
            yield stream


def open_csv(content: Content, facts: SourceFacts, layout: Layout, member: str | None) -> CsvSource:
    """The table in a text; raises InputError where no delimiter fits, or rows have more or fewer fields than names."""
    with content.opened() as stream:
        head = read_up_to(stream, SAMPLE_BYTES)
        encoding = encoding_of(head, stream, layout.encoding)
    text, is_cut = _sample(head, encoding), len(head) == SAMPLE_BYTES
    cut, found = cut_by_best(text, is_cut, layout, content.name)
    table = table_in(cut.records, layout.header_line, content.name)
    size, after = rows_end(content, encoding, cut.dialect, table, layout.footer_lines)
    source = CsvSource(
        name=facts.name,
        kind="CSV",
        schema=pa.schema([(name, pa.string()) for name in table.names]),
        findings=(
            *facts.findings,
            *([encoding.finding] if encoding.finding else []),
            *found,
            *table.findings,
            *after,
        ),
        content=content,
        member=member,
        encoding=encoding,
        dialect=cut.dialect,
        table=table,
        skip=_bytes_before(text, table.first_line),
        size=size,
    )
    rows = [record for record in cut.records if record.line >= table.first_line and not record.is_blank]
    if rows and usual_width(rows) != table.width:
        for _ in source.batches():  # raises, and names the first line of all
            pass
    return source


def _sample(head: bytes, encoding: Encoding) -> str:
    whole = len(head) // encoding.unit_bytes * encoding.unit_bytes
    return encoding.decode_part(head[:whole]).removeprefix("\ufeff")


def _bytes_before(text: str, line: int) -> int:
    lines = iter(io.StringIO(text, newline=""))
    before = [next(lines) for _ in range(line - 1)]
    return sum(len(one.encode("utf-8", "surrogateescape")) for one in before)


def open_like(content: Content, facts: SourceFacts, first: CsvSource, member: str | None) -> CsvSource | None:
    """A further part of a folder, if it begins as the first one does; a thousand of them are opened in seconds."""
    if first.size is not None:
        return None  # lines after the rows are looked for in each part
    text = _sample(content.head(LINE_OF_NAMES_BYTES), first.encoding)
    if first.table.has_names and not _begins_with_names(text, first):
        return None
    if not first.table.has_names and first.table.first_line > 1:
        return None
    skip = _bytes_before(text, first.table.first_line)
    return replace(first, name=facts.name, findings=facts.findings, content=content, member=member, skip=skip)


def _begins_with_names(text: str, first: CsvSource) -> bool:
    reader = reader_of(io.StringIO(text, newline=""), first.dialect)
    try:
        names, _ = distinct([field.strip() for field in next(reader, [])])
    except csv.Error:
        return False
    return tuple(names) == first.table.names and reader.line_num + 1 == first.table.first_line


def layout_of_others(first: Source, layout: Layout) -> Layout:
    """How the other parts of a folder are to be read: as the first one was, but for what each says itself."""
    if not isinstance(first, CsvSource):
        return layout
    return layout.model_copy(
        update={
            "encoding": layout.encoding or first.encoding.codec,
            "delimiter": first.dialect.delimiter,
            "quote": first.dialect.quote,
            "header_line": layout.header_line if first.table.has_names else 0,
        }
    )


def check_names_like(first: Source, other: Source) -> None:
    """Raises InputError where one part of a folder has a line of names, and the other has none."""
    if not (isinstance(first, CsvSource) and isinstance(other, CsvSource)):
        return
    if first.table.has_names and not other.table.has_names:
        raise InputError(f"{other.name} has no line of names, but {first.name} has. Write all parts alike.")
