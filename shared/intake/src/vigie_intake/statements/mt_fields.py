"""Fields of SWIFT statements line by line: whose account, in which money, and one statement line at a time."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from vigie_runtime import InputError

_TAG: Final = re.compile(r":([0-9]{2}[A-Z]?|NS):")
_ENVELOPE: Final = re.compile(r"\{[1235S]:|\{4:")
_END_OF_MESSAGE: Final = re.compile(r"-\}?(\{[5S]:.*)?$")
_CURRENCY: Final = {"60F": 7, "60M": 7, "34F": 0}  # where in the field it begins: C260301EUR…, EUR0,
_CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}")
_ENTRY_PARTS: Final = frozenset({"86", "NS"})
_MAX_ENTRY_LINES: Final = 2000


@dataclass
class Field:
    """A field with its tag, its lines, and the line of the file where it begins."""

    tag: str
    lines: list[str]
    line: int


@dataclass
class Head:
    """What stands before the entries of one statement."""

    line: int
    reference: str
    account: str | None = None
    number: str | None = None
    currency: str | None = None
    is_closed: bool = False
    entries: int = 0


@dataclass
class StatementLine:
    """An entry (:61:) and the fields that belong to it, of the statement `head`."""

    head: Head
    line: int
    fields: list[Field] = field(default_factory=list)

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return "\n".join(f":{each.tag}:" + "\n".join(each.lines) for each in self.fields)


def fields(lines: Iterable[str]) -> Iterator[Field]:
    """The fields of all statements; headers of banks and SWIFT's envelopes stand between them and are left out."""
    current: Field | None = None
    for at, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if _ENVELOPE.match(line):  # the first field may follow in the same line
            line = line.rpartition("{4:")[2] if "{4:" in line else ""
            if current is not None:
                yield current
            current = None
        if _END_OF_MESSAGE.fullmatch(line):
            if current is not None:
                yield current
            current = None
        elif found := _TAG.match(line):
            if current is not None:
                yield current
            current = Field(found.group(1), [line[found.end() :]], at)
        elif line and current is not None and len(current.lines) < _MAX_ENTRY_LINES:
            current.lines.append(line)
    if current is not None:
        yield current


def statement_lines(lines: Iterable[str], name: str, *, closes: bool) -> Iterator[StatementLine]:
    """Each entry with its statement; a field :86: behind the closing balance is about the statement and left out.

    Raises InputError for two accounts in one statement, for entries outside of any, and, where statements have a
    closing balance (`closes`), for a file that is cut off before it.
    """
    head: Head | None = None
    entry: StatementLine | None = None
    for part in fields(lines):
        if entry is not None and part.tag in _ENTRY_PARTS:
            entry.fields.append(part)
            continue
        if entry is not None:
            yield entry
            entry = None
        if part.tag == "20":
            head = Head(part.line, part.lines[0].strip())
        elif head is None:
            raise InputError(f"{name}, line {part.line}: field :{part.tag}: stands before any statement (:20:).")
        elif part.tag == "61":
            entry = StatementLine(head, part.line, [part])
        else:
            _read(part, head, name)
    if entry is not None:
        yield entry
    if closes and head is not None and not head.is_closed:
        raise InputError(
            f"{name}: the statement that begins in line {head.line} has no closing balance (:62F:), so the file is cut "
            "off. Copy or export it again."
        )


def _read(part: Field, head: Head, name: str) -> None:
    text = part.lines[0].strip()
    if part.tag in ("25", "25P"):
        if head.account not in (None, text):
            raise InputError(
                f"{name}, line {part.line}: a second account in one statement (:25: without :20: before it), so "
                "nothing says whose entries these are. Export one statement for each account."
            )
        head.account = text or None
    elif part.tag in ("28C", "28"):
        head.number = text
    elif part.tag in ("62F", "62M", "62"):
        head.is_closed = True
    elif part.tag in _CURRENCY and head.currency is None:
        found = _CURRENCY_CODE.match(text, _CURRENCY[part.tag])
        head.currency = found.group() if found else None
