"""Opens whatever a path holds, found out by its content: the way in for every file of transactions."""

from pathlib import Path
from typing import Final

import pyarrow as pa

from vigie_intake.files.content import Content, content_of
from vigie_intake.files.delimited import CsvSource, open_csv, open_like
from vigie_intake.files.failures import readable
from vigie_intake.files.folders import open_folder
from vigie_intake.files.json_rows import open_json
from vigie_intake.files.parquet import open_parquet
from vigie_intake.files.recognition import Format, format_of, refuse_xml
from vigie_intake.mapping import Layout
from vigie_intake.source import Source, SourceFacts
from vigie_runtime import InputError

_NO_COLUMNS: Final = pa.schema([])


def open_source(path: Path, layout: Layout = Layout()) -> Source:  # noqa: B008 - immutable
    """The rows of a file or folder, whatever its format; `layout` says what is not to be found out.

    Raises InputError, which says what to do, for what is not there, cannot be read, or is no table of rows.
    """
    with readable(path.name):
        is_folder, is_file = path.is_dir(), path.is_file()
    if is_folder:
        return open_folder(path, layout, _open_file)
    if not is_file:
        what = "is no file, but a device or pipe" if path.exists() else "is not there"
        raise InputError(f"{path.name} {what}. Give the path of a file or folder with transactions.")
    return _open_file(path, path.name, layout)


def _open_file(path: Path, name: str, layout: Layout, first: Source | None = None) -> Source:
    """A file alone, or a part of a folder that is probably written as its first part is."""
    content, findings = content_of(path, name, layout.member)
    found = format_of(content.head(), name)
    facts = SourceFacts(name, found.value, _NO_COLUMNS, tuple(findings))
    member = next((one.value for one in findings if one.setting == "member"), None)
    if found is Format.PARQUET:
        return open_parquet(content, facts, member)
    if found is Format.JSON:
        return open_json(content, facts, layout, member, is_first=first is None)
    if found is Format.TEXT:
        alike = open_like(content, facts, first, member) if isinstance(first, CsvSource) else None
        return alike or open_csv(content, facts, layout, member)
    return _open_statement(content, found)


def _open_statement(content: Content, found: Format) -> Source:
    # here, for most files are none, and lxml costs time
    from vigie_intake.statements import statement_source

    source = statement_source(content.open, content.name)
    if source is not None:
        return source
    if found is Format.XML:
        raise refuse_xml(content.name)
    raise InputError(f"{content.name} begins as MT940, but is no statement. Export it again, or as CSV or camt.053.")
