"""Which statement a file is, by its content; its name may say anything."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from vigie_intake.files.content import read_up_to
from vigie_intake.files.encodings import bom_of, looks_like_utf16
from vigie_intake.statements.xml_stream import Element, elements, local, refuse_doctype, starts_with_doctype
from vigie_runtime import InputError

HEAD_BYTES: Final = 64 << 10
XML_KINDS: Final = {
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
    "CstmrCdtTrfInitn": "pain.001",
    "FIToFICstmrCdtTrf": "pacs.008",
}
KINDS: Final = (*XML_KINDS.values(), "MT940", "MT942")
_READ: Final = "Of XML, camt.052, camt.053, camt.054, pain.001 and pacs.008 are read"
_MAX_ELEMENTS_BEFORE: Final = 200  # an envelope of a business message has some dozens

_XML: Final = re.compile(r"\s*<(\?xml\s|!--|!DOCTYPE|[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?(\s+[\w:.-]+\s*=|\s*/?>\s*<))")
_HTML: Final = re.compile(r"<(!doctype\s+html|html|table|head|body)\b", re.IGNORECASE)
_NAMESPACE: Final = re.compile(r"\}?([a-z]{4}\.\d{3})\.(\d{3}\.\d{2,3})")
_SWIFT: Final = re.compile(r"\s*\{1:[A-Z0-9]+\}\s*\{2:[IO](\d{3})")
_MT_START: Final = re.compile(r"^(?:\{.*\{4:)?:20:", re.MULTILINE)
_MT_ACCOUNT: Final = re.compile(r"^:25P?:", re.MULTILINE)
_MT_REST: Final = re.compile(r"^:(28C?|60[FM]|61|34F|62[FM]):", re.MULTILINE)
_MT_INTERIM: Final = re.compile(r"^:(34F|13D?|90[CD]):", re.MULTILINE)
_MAX_LINES_BEFORE: Final = 20


@dataclass(frozen=True)
class Recognised:
    """The kind of a statement, and its version where it has one, with how it was found out."""

    kind: str
    version: str | None
    reason: str


def recognise(open_binary: Callable[[], BinaryIO], name: str) -> Recognised | None:
    """What a file is, None for all that is neither XML nor SWIFT.

    Raises InputError for other XML, for XML that is wrong before its kind can be seen, and for other SWIFT messages.
    """
    with open_binary() as stream:
        head = read_up_to(stream, HEAD_BYTES)
    encoding = bom_of(head) or looks_like_utf16(head) or "latin-1"
    text = head.decode(encoding, "ignore").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _XML.match(text) and not _HTML.search(text[:512]):
        if starts_with_doctype(text):
            refuse_doctype(name)
        return _of_xml(open_binary, name)
    return _of_swift(text, name)


def _of_xml(open_binary: Callable[[], BinaryIO], name: str) -> Recognised:
    root, message = None, None
    with open_binary() as stream:
        for count, element in enumerate(elements(stream, name, None, event="start")):
            root = element if root is None else root
            message = element if message is None and _is_below_document(element) else message
            if kind := XML_KINDS.get(local(element)):
                return _recognised(kind, str(element.tag))
            if count > _MAX_ELEMENTS_BEFORE:
                break
        if root is None:
            raise InputError(f"{name} is XML without an element. {_READ}.")
        what = root if message is None else message
        called = _NAMESPACE.search(str(what.tag))
        raise InputError(
            f"{name}, line {what.sourceline}: this is XML of another kind "
            f"({f'{called.group(1)}, ' if called else ''}element {local(what)[:40]}). "
            f"{_READ}: export it as one of these."
        )


def _is_below_document(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and local(parent) == "Document"


def _recognised(kind: str, tag: str) -> Recognised:
    found = _NAMESPACE.search(tag)
    if found is None:
        return Recognised(kind, None, f"the element {tag.rpartition('}')[2]} has no namespace that says which version")
    return Recognised(kind, found.group(2), f"the namespace says {found.group(1)}.{found.group(2)}")


def _of_swift(text: str, name: str) -> Recognised | None:
    start, envelope = _MT_START.search(text), _SWIFT.match(text)
    begins = start is not None and text.count("\n", 0, start.start()) <= _MAX_LINES_BEFORE
    if begins and _MT_ACCOUNT.search(text) and _MT_REST.search(text):
        statement = text[start.end() if start else 0 :].split("\n:20:")[0]
        if (envelope and envelope.group(1) == "942") or ("\n:60" not in statement and _MT_INTERIM.search(statement)):
            return Recognised("MT942", None, "it has fields of an interim report (:34F:, :13D:)")
        return Recognised("MT940", None, "it has the fields :20: and :25: of a statement")
    if envelope:
        raise InputError(
            f"{name} is a SWIFT message MT{envelope.group(1)}, which is no statement. "
            "Of SWIFT messages, MT940 and MT942 are read: export the account's statement as one of these."
        )
    return None
