"""Parquet, whichever of Arrow's types its writer chose; structures become columns by path."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigie_intake.files.content import Content
from vigie_intake.files.failures import chosen, first_line
from vigie_intake.files.identity import identity_of_file
from vigie_intake.files.names import distinct
from vigie_intake.source import SourceFacts
from vigie_runtime import InputError

ROWS_A_BATCH: Final = 65_536
_BUFFER_BYTES: Final = 1 << 20  # of each column: pages are read one after the other, not whole row groups
_CHUNK_BYTES: Final = 1 << 20
_RESERVE_BYTES: Final = 1 << 30  # what an unpacked file leaves free on the disk

Leaf = tuple[str, pa.Array]


@dataclass(frozen=True, kw_only=True)
class ParquetSource(SourceFacts):
    """A Parquet file; a packed one is unpacked to a temporary file, for its end is read first."""

    content: Content
    member: str | None
    paths: dict[str, str]  # name of a column → its path in the file; two alike have the same

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows, up to 65,536 at a time; raises InputError that names the row where it cannot be read on."""
        names = chosen(columns, self.schema.names, self.name)
        paths = list(dict.fromkeys(self.paths[name] for name in names))
        schema = pa.schema([self.schema.field(name) for name in names])
        row = 0
        try:
            with _opened(self.content) as file:
                for batch in file.iter_batches(ROWS_A_BATCH, columns=paths, use_threads=True):
                    arrays = _by_name(batch, self.paths)
                    yield pa.RecordBatch.from_arrays([_plain(arrays[name]) for name in names], schema=schema)
                    row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{self.name} cannot be read on after row {row}: {first_line(error)}. Write it again."
            ) from None

    def identity(self) -> str:
        """Sixteen characters that follow from the content."""
        return identity_of_file(self.content.path, self.name, self.member)


def open_parquet(content: Content, facts: SourceFacts, member: str | None) -> ParquetSource:
    """The Parquet file in `content`; raises InputError for one that is damaged or encrypted."""
    with _opened(content) as file:
        leaves = _leaves(file.schema_arrow.empty_table().combine_chunks())
        rows = file.metadata.num_rows
    names, found = distinct([path for path, _ in leaves])
    fields = [pa.field(name, _plain(array).type) for name, (_, array) in zip(names, leaves, strict=True)]
    return ParquetSource(
        name=facts.name,
        kind="Parquet",
        schema=pa.schema(fields),
        findings=(*facts.findings, *found),
        rows=rows,
        content=content,
        member=member,
        paths={name: path for name, (path, _) in zip(names, leaves, strict=True)},
    )


@contextmanager
def _opened(content: Content) -> Iterator[pq.ParquetFile]:
    # INT96, which Spark wrote for long, counts nanoseconds in Arrow and overflows in 2262 without a word
    options = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "coerce_int96_timestamp_unit": "us"}
    with ExitStack() as stack:
        origin = content.path if content.is_plain else stack.enter_context(_unpacked(content))
        try:
            file = pq.ParquetFile(origin, **options)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{content.name} begins as a Parquet file, but cannot be read as one: {first_line(error)}. "
                "Copy it completely, or write it again."
            ) from None
        yield stack.enter_context(file)


@contextmanager
def _unpacked(content: Content) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as spool, content.opened() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            spool.write(chunk)
            if shutil.disk_usage(tempfile.gettempdir()).free < _RESERVE_BYTES:
                raise InputError(f"{content.name} is larger unpacked than this disk has room for. Unpack it elsewhere.")
        spool.seek(0)
        yield spool


def _leaves(batch: pa.Table | pa.RecordBatch) -> list[Leaf]:
    """Columns by path in the file's order; structures are replaced by what is in them."""
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    columns = [_one_array(column) for column in table.columns]
    return [leaf for name, array in zip(table.column_names, columns, strict=True) for leaf in _flat(name, array)]


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.array([], column.type)


def _flat(path: str, array: pa.Array) -> Iterator[Leaf]:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if not isinstance(array, pa.StructArray):
        yield path, array
        return
    # flatten gives null where the structure itself is null; its fields alone would give what lies beneath
    for field, inner in zip(array.type, array.flatten(), strict=True):
        yield from _flat(f"{path}.{field.name}", inner)


def _by_name(batch: pa.RecordBatch, paths: dict[str, str]) -> dict[str, pa.Array]:
    """Arrays by the names of columns; of columns alike, the first that comes belongs to the first name."""
    waiting: dict[str, list[str]] = {}
    for name, path in paths.items():
        waiting.setdefault(path, []).append(name)
    return {waiting[path].pop(0): array for path, array in _leaves(batch) if waiting.get(path)}


def _plain(array: pa.Array) -> pa.Array:
    """Without a dictionary, and text as plain strings; numbers, times and all else as they are."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        array = array.cast(pa.string())
    return array
