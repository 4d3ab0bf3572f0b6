"""The part of a source that is looked at: its beginning, and rows from a few places further on where one can jump."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigie_intake.files.content import Content
from vigie_intake.files.delimited import CsvSource
from vigie_intake.files.folders import FolderSource
from vigie_intake.files.json_rows import JsonSource
from vigie_intake.files.parquet import ParquetSource
from vigie_intake.source import Source
from vigie_runtime import InputError

HEAD_ROWS: Final = 5_000
PLACE_ROWS: Final = 1_000
PLACES: Final = (0.2, 0.4, 0.6, 0.8, 0.97)
CHUNK_BYTES: Final = 262_144
COUNTED_BYTES: Final = 65_536  # of each place, to see how long its lines are
MIN_JUMPED_BYTES: Final = 8 << 20  # of a smaller file the beginning is enough of a share
MAX_PARTS: Final = 5
MAX_CELLS: Final = 10_000_000  # of Parquet, read on the way to a place
ROWS_A_BATCH: Final = 8_192


@dataclass(frozen=True)
class Place:
    """Rows from one place; `share` says how far into the source it is, 0 at its beginning."""

    share: float
    rows: pa.Table
    where: str  # for a person: `row`, or `near 40 %`

    def row(self, index: int) -> str:
        """What a row of this place is called."""
        return f"row {index + 1:,}" if self.share == 0 else self.where


@dataclass(frozen=True)
class FileSample:
    """The rows that were looked at, the beginning first."""

    places: tuple[Place, ...]
    is_whole: bool
    rows: int | None  # of the source, where it is known or can be estimated
    is_estimate: bool

    @cached_property
    def table(self) -> pa.Table:
        """All of them together."""
        return pa.concat_tables([place.rows for place in self.places], promote_options="permissive")

    @property
    def read(self) -> str:
        """Which part was read, for a person."""
        head = self.places[0].rows.num_rows
        if self.is_whole:
            return f"all {head:,} rows"
        further = sum(place.rows.num_rows for place in self.places[1:])
        return f"the first {head:,} rows" + (
            f" and {further:,} from {len(self.places) - 1} places further on" if further else ""
        )


def sample_of(source: Source) -> FileSample:
    """The part of a source to look at; raises InputError where its beginning cannot be read."""
    head, is_whole = _head(source, HEAD_ROWS)
    places = [Place(0.0, head, "row")]
    if is_whole:
        return FileSample(tuple(places), True, head.num_rows, False)
    places += _further(source)
    if source.rows is not None:
        return FileSample(tuple(places), False, source.rows, False)
    rows = _estimate(source, head.num_rows)
    return FileSample(tuple(places), False, rows, rows is not None)


def _head(source: Source, limit: int) -> tuple[pa.Table, bool]:
    """The first rows, and whether there are no more."""
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in source.batches():
        batches.append(batch.slice(0, limit - rows))
        rows += batch.num_rows
        if rows > limit:
            break
    table = pa.Table.from_batches(batches) if batches else source.schema.empty_table()
    return table, rows <= limit


def _further(source: Source) -> list[Place]:
    # a place that cannot be read says nothing: a row may have been cut in two there
    if isinstance(source, FolderSource):
        return list(_of_folder(source))
    if isinstance(source, ParquetSource):
        return list(_of_parquet(source)) if source.content.is_plain else []
    if isinstance(source, (CsvSource, JsonSource)):
        return list(_of_text(source)) if source.content.is_plain else []
    return []


def _of_folder(source: FolderSource) -> Iterator[Place]:
    count = len(source.parts)
    for number in sorted({round(share * (count - 1)) for share in PLACES} - {0})[:MAX_PARTS]:
        with suppress(InputError):
            rows, _ = _head(replace(source, parts=(source.parts[number],)), PLACE_ROWS)
            yield Place(number / count, rows, f"in {source.parts[number].relative}")


def _of_parquet(source: ParquetSource) -> Iterator[Place]:
    with suppress(pa.ArrowException, OSError), pq.ParquetFile(source.content.path) as file:
        groups = file.num_row_groups
        if groups == 1:
            yield from _of_one_group(file, source)
        for group in sorted({int(share * groups) for share in PLACES} - {0}):
            batch = next(file.iter_batches(PLACE_ROWS, row_groups=[group]), None)
            if batch is not None and (rows := _flat(pa.Table.from_batches([batch]), source.schema)) is not None:
                yield Place(group / groups, rows, f"near {group / groups:.0%}")


def _of_one_group(file: pq.ParquetFile, source: ParquetSource) -> Iterator[Place]:
    """Rows from batches of the only group, as far as cells may be read; most tools write a million rows in one."""
    total = file.metadata.num_rows
    readable = min(total, MAX_CELLS // max(1, len(source.schema)))
    starts = sorted({int(share * readable) // ROWS_A_BATCH for share in PLACES} - {0})
    for number, batch in enumerate(file.iter_batches(ROWS_A_BATCH)):
        if not starts or number > starts[-1]:
            return
        rows = _flat(pa.Table.from_batches([batch.slice(0, PLACE_ROWS)]), source.schema) if number in starts else None
        if rows is not None:
            share = number * ROWS_A_BATCH / total
            yield Place(share, rows, f"near {share:.0%}")


def _flat(table: pa.Table, schema: pa.Schema) -> pa.Table | None:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    if sorted(table.column_names) != sorted(schema.names):
        return None
    return table.select(schema.names).cast(schema)


def _of_text(source: CsvSource | JsonSource) -> Iterator[Place]:
    size = _size(source)
    if size < MIN_JUMPED_BYTES:
        return
    for share in PLACES:
        start = int(size * share) // source.encoding.unit_bytes * source.encoding.unit_bytes
        with source.content.opened() as stream:
            stream.seek(start)
            chunk = stream.read(min(CHUNK_BYTES, size - start))
        with suppress(InputError):
            rows = _read_chunk(source, _whole_lines(chunk, source))
            if rows is not None and rows.num_rows:
                yield Place(share, rows, f"near {share:.0%}")


def _whole_lines(chunk: bytes, source: CsvSource | JsonSource) -> bytes:
    """The chunk without the line that it begins in and the line that it ends in."""
    end = "\n".encode(source.encoding.codec)
    first, last = chunk.find(end), chunk.rfind(end)
    return chunk[first + len(end) : last + len(end)] if first != last else b""


def _read_chunk(source: CsvSource | JsonSource, chunk: bytes) -> pa.Table | None:
    if not chunk:
        return None
    with tempfile.NamedTemporaryFile() as file:
        file.write(chunk)
        file.flush()
        content = Content(source.name, Path(file.name))
        if isinstance(source, CsvSource):
            rows, _ = _head(replace(source, content=content, skip=0, size=None), PLACE_ROWS)
        else:
            rows, _ = _head(replace(source, content=content), PLACE_ROWS)
    return rows


def _estimate(source: Source, head_rows: int) -> int | None:
    """Rows by the size of the file and the length of lines in a few places; None where its size says nothing."""
    if not isinstance(source, (CsvSource, JsonSource)) or not source.content.is_plain:
        return None
    size, end = _size(source), "\n".encode(source.encoding.codec)
    counted, lines = 0, 0
    with source.content.opened() as stream:
        for share in (0.0, *PLACES):
            stream.seek(int(size * share))
            chunk = stream.read(COUNTED_BYTES)
            counted, lines = counted + len(chunk), lines + chunk.count(end)
    return max(head_rows, round(size * lines / counted)) if lines else None


def _size(source: CsvSource | JsonSource) -> int:
    given = source.size if isinstance(source, CsvSource) else None
    return given if given is not None else source.content.path.stat().st_size
