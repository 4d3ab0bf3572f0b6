"""A folder as Spark or Hive writes it: parts in the order of their paths, and columns from the names of folders."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

import pyarrow as pa

from vigie_intake.files.delimited import check_names_like, layout_of_others
from vigie_intake.files.failures import chosen, first_line, readable
from vigie_intake.files.folder_schemas import Unified, unified
from vigie_intake.files.identity import identity_of_folder
from vigie_intake.files.json_rows import JsonSource
from vigie_intake.mapping import Layout
from vigie_intake.source import Finding, Source, SourceFacts
from vigie_runtime import InputError

OpenFile = Callable[[Path, str, Layout, Source | None], Source]  # the last is the first part, for all but that

_NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"
_TABLE_FORMATS: Final = {"_delta_log": "Delta Lake", ".hoodie": "Hudi"}


@dataclass(frozen=True)
class FolderPart:
    """One file of a folder: its path in the folder, what it holds, and the partition it lies in."""

    relative: str
    source: Source
    partition: dict[str, str | None]


@dataclass(frozen=True, kw_only=True)
class FolderSource(SourceFacts):
    """All parts as one source; rows are counted through them."""

    parts: tuple[FolderPart, ...]
    columns: Unified

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of each part; raises InputError that names the part and the row where it cannot be read on."""
        names = chosen(columns, self.schema.names, self.name)
        schema = pa.schema([self.schema.field(name) for name in names])
        for part in self.parts:
            theirs = self.columns.of_part(part.relative)
            needed = [theirs[name] for name in names if name in theirs]
            # a part without any of the columns still has its rows
            for batch in part.source.batches(needed or part.source.schema.names[:1]):
                arrays = [self._array(batch, part, name, theirs.get(name)) for name in names]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def identity(self) -> str:
        """Sixteen characters that follow from the parts' paths in the folder and their contents."""
        return identity_of_folder((part.relative, part.source.identity()) for part in self.parts)

    def _array(self, batch: pa.RecordBatch, part: FolderPart, name: str, theirs: str | None) -> pa.Array:
        wanted = self.schema.field(name).type
        key = self.columns.partition_columns.get(name)
        if key is not None:
            return pa.repeat(pa.scalar(part.partition.get(key), pa.string()), batch.num_rows)
        if theirs is None:
            return pa.nulls(batch.num_rows, wanted)
        array = batch.column(theirs)
        try:
            return array if array.type == wanted else array.cast(wanted)
        except pa.ArrowInvalid as error:
            raise InputError(
                f"Column {theirs} of {part.source.name} cannot be read as {wanted}: {first_line(error)}. "
                "Write all parts with the same types."
            ) from None


def open_folder(folder: Path, layout: Layout, open_file: OpenFile) -> FolderSource:
    """The parts below a folder; raises InputError where there are none, or they are no table of plain files."""
    name = folder.resolve().name
    with readable(name):
        paths = _part_paths(folder, name)
    parts: list[FolderPart] = []
    for relative in paths:
        source = open_file(folder / relative, f"{name}/{relative}", layout, parts[0].source if parts else None)
        parts.append(FolderPart(relative, source, _partition(relative)))
        layout = _layout_of_others(source, layout) if len(parts) == 1 else layout
        check_names_like(parts[0].source, source)
    kinds = {part.source.kind: part.relative for part in parts}
    if len(kinds) > 1:
        shown = " and ".join(f"{kind} ({relative})" for kind, relative in list(kinds.items())[:2])
        raise InputError(f"{name} holds parts of different formats: {shown}. Give a folder of one format.")
    keys = list(dict.fromkeys(key for part in parts for key in part.partition))
    columns = unified([(one.relative, one.source.schema, _has_more(one.source)) for one in parts], keys, name)
    counts = [part.source.rows for part in parts]
    known = [count for count in counts if count is not None]
    return FolderSource(
        name=name,
        kind=f"folder of {parts[0].source.kind}",
        schema=columns.schema,
        findings=(*_findings(parts), *columns.findings),
        rows=sum(known) if len(known) == len(counts) else None,
        parts=tuple(parts),
        columns=columns,
    )


def _part_paths(folder: Path, name: str) -> list[str]:
    """Paths of the parts in the folder, in order; hidden files, marks such as _SUCCESS and empty files are none."""
    paths: list[str] = []
    for where, folders, files in os.walk(folder, onerror=_raise):
        inside = PurePosixPath(Path(where).relative_to(folder).as_posix())
        _check_is_no_table_format(Path(where), folders, name)
        folders[:] = [one for one in folders if not _is_hidden(one)]
        shown = [one for one in files if not _is_hidden(one) and Path(where, one).stat().st_size > 0]
        paths.extend(str(inside / one) for one in shown)
    if not paths:
        raise InputError(f"{name} is a folder without a file of data in it. Give one with transactions, or a file.")
    return sorted(paths)


def _layout_of_others(first: Source, layout: Layout) -> Layout:
    if isinstance(first, JsonSource):
        return layout.model_copy(update={"encoding": layout.encoding or first.encoding.codec})
    return layout_of_others(first, layout)


def _has_more(source: Source) -> bool:
    return isinstance(source, JsonSource) and not source.knows_all


def _raise(error: OSError) -> None:
    raise error


def _is_hidden(name: str) -> bool:
    # as Spark: a folder of a partition may be called after a column that begins so
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _check_is_no_table_format(where: Path, folders: Sequence[str], name: str) -> None:
    called = next((label for mark, label in _TABLE_FORMATS.items() if mark in folders), None)
    if called is None and "metadata" in folders and any((where / "metadata").glob("*.metadata.json")):
        called = "Iceberg"
    if called is not None:
        raise InputError(
            f"{name} is a table of {called}: its log says which files are of the table, and others may lie there. "
            "Export it as Parquet with a tool of its own, and give that."
        )


def _partition(relative: str) -> dict[str, str | None]:
    pairs = [one.split("=", 1) for one in PurePosixPath(relative).parts[:-1] if "=" in one]
    return {unquote(key): None if value == _NO_VALUE else unquote(value) for key, value in pairs}


def _findings(parts: Sequence[FolderPart]) -> list[Finding]:
    """What was found out about the first part, which the others follow, and how many there are."""
    first = parts[0].source.findings
    count = Finding("parts", str(len(parts)), f"files in the order of their paths, the last is {parts[-1].relative}")
    others = [
        Finding(one.setting, one.value, f"in {part.relative} {one.reason}")
        for part in parts[1:]
        for one in part.source.findings
        if one.setting in ("header_line", "footer_lines") and one not in first
    ]
    return [count, *first, *others]
