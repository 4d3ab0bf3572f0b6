"""A bank statement or payment file as a source of rows."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, Final

import pyarrow as pa

from vigie_intake.files.content import read_up_to
from vigie_intake.files.encodings import Encoding, Utf8Stream, encoding_of
from vigie_intake.files.failures import chosen, readable
from vigie_intake.source import Finding, Source
from vigie_intake.statements import camt, mt_rows, payments
from vigie_intake.statements.columns import BOOKED_COLUMNS, PACS_COLUMNS, PAIN_COLUMNS, Row, batches_of, schema_of
from vigie_intake.statements.recognition import HEAD_BYTES, Recognised, recognise
from vigie_intake.statements.reversals import InvertedReversalsError
from vigie_runtime import InputError

PROBED_BYTES: Final = 16 << 20  # as far as balances are compared with reversed entries before rows are read
_REVERSED: Final = re.compile(rb"RvslInd>\s*(true|1)\s*<|\x00R\x00v\x00s\x00l")  # in UTF-16 whatever it says
_IDENTITY_BYTES: Final = 8
_CHUNK: Final = 1 << 20
_COLUMNS: Final = {"pain.001": PAIN_COLUMNS, "pacs.008": PACS_COLUMNS}

Open = Callable[[], BinaryIO]


def statement_source(open_binary: Open, name: str) -> Source | None:
    """The rows of a camt.052 to .054, MT940, MT942, pain.001 or pacs.008; None where the content is none of these.

    `open_binary` gives the unpacked bytes from their beginning, each time it is called. Raises InputError for XML and
    SWIFT messages that are not read, and where the file is wrong before its kind can be seen.
    """
    with readable(name):
        found = recognise(open_binary, name)
        if found is None:
            return None
        findings = [Finding("kind", found.kind, found.reason)]
        if found.version:
            findings.append(Finding("version", found.version, found.reason))
        if found.kind.startswith("MT"):
            encoding = _encoding(open_binary)
            findings += [encoding.finding] if encoding.finding else []
            return StatementSource(name, open_binary, found, tuple(findings), encoding=encoding)
        inverted = found.kind.startswith("camt") and _reversals_are_inverted(open_binary, name)
    if inverted:
        findings.append(
            Finding(
                "reversals",
                "CdtDbtInd of the reversed payment",
                "the balances add up only if a reversed entry (RvslInd) is booked against its CdtDbtInd",
            )
        )
    return StatementSource(name, open_binary, found, tuple(findings), inverted=inverted)


@dataclass(frozen=True)
class StatementSource:
    """Rows of a statement, read from its beginning each time they are asked for."""

    name: str
    open_binary: Open
    recognised: Recognised
    findings: tuple[Finding, ...]
    encoding: Encoding | None = None
    inverted: bool = False
    rows: int | None = None  # no format says it in a way that can be trusted

    @property
    def kind(self) -> str:
        """What the file is, such as `camt.053` or `MT940`."""
        return self.recognised.kind

    @property
    def schema(self) -> pa.Schema:
        """The columns that files of this kind have; all are text."""
        return schema_of(self._columns)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in the order of the file; raises InputError with the line of what is wrong."""
        wanted = chosen(columns, self._columns, self.name)
        with readable(self.name), self.open_binary() as stream:
            yield from batches_of(self._rows(stream), wanted)

    def identity(self) -> str:
        """Sixteen characters that follow from the bytes."""
        code = blake2b(digest_size=_IDENTITY_BYTES)
        with readable(self.name), self.open_binary() as stream:
            while chunk := stream.read(_CHUNK):
                code.update(chunk)
        return code.hexdigest()

    @property
    def _columns(self) -> tuple[str, ...]:
        return _COLUMNS.get(self.kind, BOOKED_COLUMNS)

    def _rows(self, stream: BinaryIO) -> Iterator[Row]:
        if self.kind == "pain.001":
            return payments.ordered(stream, self.name)
        if self.kind == "pacs.008":
            return payments.settled(stream, self.name)
        if self.encoding is None:
            return camt.rows(stream, self.name, self.inverted)
        text = io.TextIOWrapper(io.BufferedReader(Utf8Stream(stream, self.encoding)), encoding="utf-8")
        return mt_rows.rows(text, self.name, self.kind)


def _encoding(open_binary: Open) -> Encoding:
    with open_binary() as stream:
        return encoding_of(read_up_to(stream, HEAD_BYTES), stream, None)


def _reversals_are_inverted(open_binary: Open, name: str) -> bool:
    """Whether balances near the beginning of the file contradict what ISO 20022 means by CdtDbtInd of a reversal."""
    with open_binary() as stream:
        beginning = read_up_to(stream, PROBED_BYTES)
    if not _REVERSED.search(beginning):
        return False
    try:
        camt.check_reversals(io.BytesIO(beginning), name)
    except InvertedReversalsError:
        return True
    except InputError:
        return False  # cut off by us, or whoever reads the rows is shown what is wrong
    return False
