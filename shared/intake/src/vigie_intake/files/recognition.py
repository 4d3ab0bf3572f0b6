"""What a file is, by its first bytes; its name may say anything."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from vigie_intake.files.encodings import bom_of, looks_like_utf16
from vigie_runtime import InputError


class Format(StrEnum):
    """Formats that are read, before statements are distinguished from other XML."""

    PARQUET = "Parquet"
    JSON = "JSON lines"
    XML = "XML"
    MT940 = "MT940"
    TEXT = "text"


EXPORT: Final = "Export it as CSV or Parquet and give that"

# What is no table of rows to us, by its first bytes: what it is, and what to do
_REFUSED: Final[dict[bytes, tuple[str, str]]] = {
    b"PARE": ("an encrypted Parquet file", "Write it without encryption"),
    b"%PDF": ("a PDF document", "Ask the bank for an export as CSV, camt.053 or MT940 and give that"),
    b"SQLite format 3\x00": ("a SQLite database", "Export the table as CSV and give that"),
    b"Obj\x01": ("an Avro container file", "Write it as Parquet and give that"),
    b"ORC": ("an ORC file", "Write it as Parquet and give that"),
    b"ARROW1": ("an Arrow file", "Write it as Parquet and give that"),
    b"FEA1": ("a Feather file", "Write it as Parquet and give that"),
    b"SEQ": ("a Hadoop sequence file", "Write it as Parquet and give that"),
    b"\x89HDF": ("an HDF5 file", EXPORT),
    **{
        bytes((0x80, protocol)): (
            "a Python pickle, which can run any code",
            "Write it as Parquet with pandas and give that",
        )
        for protocol in range(2, 6)
    },
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "Unpack it and give the file inside"),
    b"Rar!": ("a RAR archive", "Unpack it and give the file inside"),
    b"OFXHEADER": ("an OFX statement", "Export it as CSV, camt.053 or MT940 and give that"),
    b"!Type:": ("a QIF statement", "Export it as CSV, camt.053 or MT940 and give that"),
}
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_TAR: Final = (257, b"ustar")  # where it stands, and what
_MT940: Final = re.compile(rb"(?:[^\r\n]{0,100}\r?\n){0,20}?\s*(?:\{1:|:20:|:940:)")
"""Some banks write lines of their own before the first field."""
_HTML: Final = re.compile(rb"<(!doctype\s+html|html|table|head|body|div|meta)\b", re.IGNORECASE)
_JSON: Final = re.compile(rb"\{\s*[\"}']|\[\s*[\[\]{\"]")
_MAX_CONTROL_SHARE: Final = 0.01
_CONTROLS: Final = (*range(2, 9), *range(14, 27))  # without 1, which separates the columns of Hive's text files


def format_of(head: bytes, name: str) -> Format:
    """Format of a file that begins with `head`; raises InputError for what is not read, with what to do instead."""
    if not head.strip():
        raise InputError(f"{name} is empty. Give a file with transactions.")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    for magic, (what, advice) in _REFUSED.items():
        # letters alone may also begin a text: the binary formats go on with what no text has
        if head.startswith(magic) and (not magic.isalnum() or _is_binary(head) or magic == b"OFXHEADER"):
            raise InputError(f"{name} is {what}, and not read. {advice}.")
    if head.startswith(_OLD_EXCEL):
        raise refuse_excel(name)
    if head[_TAR[0] :].startswith(_TAR[1]):
        raise InputError(f"{name} is a tar archive, which is not read. Unpack it and give the file or folder inside.")
    text = _as_ascii(head)
    if _is_binary(text):
        raise InputError(f"{name} is neither text nor Parquet. {EXPORT}.")
    return _format_of_text(text.lstrip(), name)


def is_office_zip(members: Iterable[str]) -> bool:
    """Whether a zip of these files is a workbook or document of an office program."""
    return not {"[Content_Types].xml", "META-INF/manifest.xml"}.isdisjoint(members)


def refuse_excel(name: str) -> InputError:
    """The error for workbooks of any age."""
    return InputError(f"{name} is an Excel or office file, which is not read. Save its sheet as CSV and give that.")


def refuse_xml(name: str) -> InputError:
    """The error for XML that is no statement."""
    return InputError(f"{name} is XML, but neither camt.053, pain.001 nor pacs.008. {EXPORT}.")


def _format_of_text(text: bytes, name: str) -> Format:
    if text.startswith(b"<"):
        if _HTML.search(text[:512]):
            raise InputError(f"{name} is an HTML page, which is not read. {EXPORT}.")
        if b"urn:schemas-microsoft-com:office" in text or b"progid=" in text:
            raise refuse_excel(name)
        return Format.XML
    if _MT940.match(text):
        return Format.MT940
    return Format.JSON if _JSON.match(text) else Format.TEXT


def _as_ascii(head: bytes) -> bytes:
    """The same beginning with one byte a character, which is enough to recognise a format."""
    encoding = bom_of(head) or looks_like_utf16(head)
    return head.decode(encoding, "ignore").encode("ascii", "replace").lstrip(b"?") if encoding else head


def _is_binary(head: bytes) -> bool:
    controls = sum(head.count(code) for code in _CONTROLS)
    return controls > max(1, len(head) * _MAX_CONTROL_SHARE) or b"\x00" in head
