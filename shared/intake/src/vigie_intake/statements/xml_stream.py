"""XML of any size read element by element, without entities, document types or network."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, NoReturn

from lxml import etree  # type: ignore[attr-defined]

from vigie_runtime import InputError

Element = Any  # lxml comes without types
Texts = dict[str, str]

_SETTINGS: Final = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "dtd_validation": False,
    "attribute_defaults": False,
    "remove_comments": True,
    "remove_pis": True,
    "recover": False,
    "huge_tree": True,  # without a document type nothing can expand, and batches of many payments lie deep in one entry
}
_PROLOG: Final = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_CUT_OFF: Final = re.compile(r"Premature end", re.IGNORECASE)
_TAIL_BYTES: Final = 64
_CHUNK_BYTES: Final = 1 << 20
_WORDS_OF_NAMES: Final = re.compile(r"[^\x20-\x7e]+")
_REPEATED: Final = frozenset({"Ustrd"})  # parts of one text
# large, and nothing that is looked for is in them
_NOT_READ: Final = frozenset({"PstlAdr", "CtctDtls", "RltdAgts", "Chrgs", "Avlbty", "SplmtryData", "Intrst", "CardTx"})
_MAX_DEPTH: Final = 40  # of the leaves that are looked at; the deepest of ISO 20022 here has 9


def starts_with_doctype(head: str) -> bool:
    """Whether a document type is declared before the first element."""
    found = _PROLOG.match(head)
    return head[found.end() if found else 0 :].upper().startswith("<!DOCTYPE")


def refuse_doctype(name: str) -> NoReturn:
    """Raise InputError for a document type, the only way to make a small XML file expand or read other files."""
    raise InputError(
        f"{name} declares a document type (<!DOCTYPE …>), which no bank statement has and which can hide an attack. "
        "Export the statement again, or remove the declaration after checking where the file comes from."
    )


def elements(stream: BinaryIO, name: str, tags: Sequence[str] | None, event: str = "end") -> Iterator[Element]:
    """Elements of these local names as soon as each is complete; each is emptied when the next one is asked for.

    Raises InputError with the line where the XML is cut off or wrong, and for a document type.
    """
    wanted = [f"{{*}}{tag}" for tag in tags] if tags else None
    last: dict[str, Element] = {}
    whole = _Watched(stream)
    try:
        is_first = True
        for _, element in etree.iterparse(whole, events=(event,), tag=wanted, **_SETTINGS):  # type: ignore[call-overload]
            if is_first and element.getroottree().docinfo.internalDTD is not None:
                refuse_doctype(name)
            is_first = False
            yield element
            if event == "end":
                _empty(element, last)
    except etree.XMLSyntaxError as error:
        _refuse_syntax(error, name, whole.ends_within_a_tag())


class _Watched:
    """A stream that remembers the last bytes that were read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if data:
            self._tail = (self._tail + data)[-_TAIL_BYTES:]
        return data

    def ends_within_a_tag(self) -> bool:
        """Whether the last character of the whole stream but space is not the end of an element."""
        while self.read(_CHUNK_BYTES):
            pass
        return not self._tail.replace(b"\0", b"").rstrip().endswith(b">")


def texts(element: Element, skip: str | None = None) -> Texts:
    """The text of each leaf by its path of local names (`Cdtr/Nm`), its currency by `…@Ccy`; the first one counts."""
    found: Texts = {}
    _collect(element, "", found, skip, _MAX_DEPTH)
    return found


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :]


def first(found: Texts, *paths: str) -> str | None:
    """The first of these that is there."""
    for path in paths:
        if path in found:
            return found[path]
    return None


def _collect(element: Element, base: str, found: Texts, skip: str | None, depth: int) -> None:
    for child in element:
        tag = child.tag
        name = tag[tag.rfind("}") + 1 :]
        if name == skip or name in _NOT_READ:
            continue
        path = base + name
        if len(child):
            if depth:
                _collect(child, path + "/", found, skip, depth - 1)
            continue
        text = child.text
        if text is None or not (text := text.strip()):
            continue
        if path not in found:
            found[path] = text
            if name.endswith("Amt") and (currency := child.get("Ccy")) is not None:
                found[path + "@Ccy"] = currency
        elif name in _REPEATED:
            found[path] += f" {text}"


def _empty(element: Element, last: dict[str, Element]) -> None:
    """Free an element, and take the one before it out of its parent: the parser still stands on this one."""
    element.clear()
    tag = element.tag
    before = last.get(tag)
    if before is not None and (parent := before.getparent()) is not None:
        parent.remove(before)
    last[tag] = element


def _refuse_syntax(error: etree.XMLSyntaxError, name: str, is_cut: bool) -> NoReturn:
    where = f"{name}, line {error.lineno}" if error.lineno else name
    message = _WORDS_OF_NAMES.sub("?", (error.msg or "").split(", line ")[0])
    if is_cut or _CUT_OFF.search(message):
        raise InputError(f"{where}: the XML ends too early, so the file is cut off. Copy or export it again.") from None
    raise InputError(f"{where}: this is not well-formed XML ({message}). Export it again.") from None
