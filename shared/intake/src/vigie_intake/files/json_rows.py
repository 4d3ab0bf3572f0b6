"""JSON as rows of text: nested fields are columns by path, whatever types their values have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyarrow as pa

from vigie_intake.files.content import HEAD_BYTES, Content, read_up_to
from vigie_intake.files.encodings import Encoding, Utf8Stream, encoding_of
from vigie_intake.files.failures import chosen
from vigie_intake.files.identity import identity_of_file
from vigie_intake.files.json_records import JsonRecord, records_of_json
from vigie_intake.mapping import Layout
from vigie_intake.source import Finding, SourceFacts
from vigie_runtime import InputError

ROWS_A_BATCH: Final = 16_384
SEARCHED_RECORDS: Final = 50_000  # for names of fields; each record may have others
SEARCHED_RECORDS_OF_PARTS: Final = 1000  # of which there may be thousands
MAX_ITEMS: Final = 16  # of an array inside a record that become columns


@dataclass(frozen=True, kw_only=True)
class JsonSource(SourceFacts):
    """Records of a JSON file; values stay as they are written, as text."""

    content: Content
    member: str | None
    encoding: Encoding
    knows_all: bool  # whether all records were searched for names of fields

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows, up to 16,384 at a time; null where a record lacks the field, or has an object or array there.

        Fields that only later records have can be asked for, too. Raises InputError that names the record.
        """
        names = chosen(columns, self.schema.names, self.name) if self.knows_all or columns is None else list(columns)
        nested = any("." in name or "[" in name for name in names)
        with self.content.opened() as raw, Utf8Stream(raw, self.encoding) as stream:
            records = records_of_json(stream, self.name)
            row = 0
            while rows := list(islice(records, ROWS_A_BATCH)):
                if nested:
                    rows = [_flat_record(record, row + one, self.name) for one, record in enumerate(rows, 1)]
                yield pa.RecordBatch.from_arrays([_column(rows, name, row, self.name) for name in names], names)
                row += len(rows)

    def identity(self) -> str:
        """Sixteen characters that follow from the content."""
        return identity_of_file(self.content.path, self.name, self.member)


def open_json(
    content: Content, facts: SourceFacts, layout: Layout, member: str | None, is_first: bool = True
) -> JsonSource:
    """The records in `content`, which may be a later part of a folder; fewer of those are searched for fields.

    Raises InputError for what is not JSON, or is one document instead of rows.
    """
    with content.opened() as stream:
        encoding = encoding_of(read_up_to(stream, HEAD_BYTES), stream, layout.encoding)
    with content.opened() as raw, Utf8Stream(raw, encoding) as stream:
        fields = _Fields()
        records = records_of_json(stream, content.name)
        for record in islice(records, SEARCHED_RECORDS if is_first else SEARCHED_RECORDS_OF_PARTS):
            fields.add(record, content.name)
        knows_all = next(records, None) is None
    if knows_all and fields.first is not None and fields.records == 1:
        _check_is_no_document(fields.first, content.name)
    reason = f"fields of the first {fields.records:,} records; a mapping can name those of later ones, too"
    found = [] if knows_all else [Finding("columns", str(len(fields.paths)), reason)]
    return JsonSource(
        name=facts.name,
        kind="JSON lines",
        schema=pa.schema([(path, pa.string()) for path in fields.paths]),
        findings=(*facts.findings, *([encoding.finding] if encoding.finding else []), *found),
        rows=fields.records if knows_all else None,
        content=content,
        member=member,
        encoding=encoding,
        knows_all=knows_all,
    )


class _Fields:
    """Paths of all fields of the records added, in the order in which they came."""

    def __init__(self) -> None:
        self.records = 0
        self.first: JsonRecord | None = None
        self._has_values: dict[str, bool] = {}

    def add(self, record: JsonRecord, name: str) -> None:
        """Learns the fields of one record more; raises InputError where two have one path."""
        self.records += 1
        self.first = self.first or record
        for path, value in _flat_record(record, self.records, name).items():
            self._has_values[path] = self._has_values.get(path, False) or value is not None

    @property
    def paths(self) -> list[str]:
        """Without those that are an object or array wherever they are not null."""
        parents = {path[:end] for path in self._has_values for end in _ends_of_parents(path)}
        return [path for path, has_values in self._has_values.items() if has_values or path not in parents]


def _ends_of_parents(path: str) -> list[int]:
    return [index for index, character in enumerate(path) if character in ".["]


def _flat_record(record: JsonRecord, number: int, name: str) -> JsonRecord:
    """The record by paths; raises InputError where a key with a dot is also the path of another one."""
    pairs = list(_flat(record))
    flat = dict(pairs)
    if len(flat) != len(pairs):
        raise InputError(
            f"Record {number} of {name} has two fields of one path, such as a.b. Rename the key with the dot."
        )
    return flat


def _flat(record: JsonRecord, above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in record.items():
        path = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        elif isinstance(value, list):
            # arrays of arrays hold no field that could be named
            items = {
                f"{path}[{index}]": item for index, item in enumerate(value[:MAX_ITEMS]) if not isinstance(item, list)
            }
            yield from _flat(items)
        else:
            yield path, value


def _column(records: Sequence[JsonRecord], path: str, first_row: int, name: str) -> pa.Array:
    values = [record.get(path) for record in records]
    try:
        column = pa.array(values, pa.string())
    except pa.ArrowTypeError:
        column = pa.array([_text(value) for value in values], pa.string())
    except UnicodeEncodeError:
        number = next(row for row, value in enumerate(values, first_row + 1) if not _is_unicode(value))
        raise InputError(f"Record {number} of {name} has half a character in {path}. Write it as UTF-8.") from None
    if "" not in values:
        return column
    return pa.array([value or None for value in column.to_pylist()], pa.string())


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None  # numbers are text already, objects have columns of their own


def _is_unicode(value: object) -> bool:
    try:
        return value is None or bool(str(value).encode("utf-8")) or value == ""
    except UnicodeEncodeError:
        return False


def _check_is_no_document(record: JsonRecord, name: str) -> None:
    """Raises InputError for an answer of an interface that holds the rows as a list in one object."""
    own = [key for key, value in record.items() if not isinstance(value, dict | list)]
    for key, value in record.items():
        rows = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
        if len(rows) > 1 and len(rows[0]) > max(2, len(own)):
            raise InputError(
                f"{name} is one JSON object; its rows are the list in {key}. Write that list alone, such as with "
                f"jq '.{key}'."
            )
