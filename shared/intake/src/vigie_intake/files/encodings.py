"""How the text of a file is encoded, and the same text as UTF-8, which every parser here reads."""

import codecs
import io
from dataclasses import dataclass
from typing import BinaryIO, Final

from vigie_intake.source import Finding
from vigie_runtime import ConfigurationError

CHECKED_BYTES: Final = 64 << 20  # as far as a file without an umlaut is searched for one before it is read
CHUNK_BYTES: Final = 1 << 20
_BOMS: Final = {  # UTF-32 first: its mark begins as UTF-16's
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_MIN_NULL_SHARE: Final = 0.25  # of all bytes; half of them in western text in UTF-16
_UTF8: Final = ("utf-8", "utf-8-sig", "ascii")
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # cannot keep a wrong byte in text
_NOT_IN_CP1252: Final = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True)
class Encoding:
    """Name of Python's codec, with the finding where it was found out."""

    codec: str
    finding: Finding | None = None

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8 already, but for a mark at their beginning."""
        return self.codec in _UTF8

    @property
    def unit_bytes(self) -> int:
        """Bytes that a character has at least; a text may be cut at their multiples."""
        return {"utf-16": 2, "utf-32": 4}.get(self.codec[:6], 1)

    def decode_part(self, data: bytes) -> str:
        """Text of a part cut out of a file; bytes that are not of the encoding are kept as they are."""
        return data.decode(self.codec, self._errors)

    def size_of(self, text: str) -> int:
        """How many bytes of the file a part decoded so was."""
        return len(text.encode(self.codec, self._errors))

    @property
    def _errors(self) -> str:
        return "replace" if self.codec in _WIDE else "surrogateescape"


def bom_of(head: bytes) -> str | None:
    """Encoding that a byte order mark names."""
    return next((codec for mark, codec in _BOMS.items() if head.startswith(mark)), None)


def looks_like_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of western text is zero."""
    pairs = len(head) // 2
    for codec, high, low in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if pairs and high.count(0) > 2 * _MIN_NULL_SHARE * pairs and low.count(0) <= pairs // 100:
            return codec
    return None


def encoding_of(head: bytes, rest: BinaryIO, given: str | None) -> Encoding:
    """Encoding of a text that begins with `head` and goes on in `rest`; raises ConfigurationError for unknown names."""
    if given is not None:
        return Encoding(_codec(given, head))
    if marked := bom_of(head):
        return Encoding(marked, Finding("encoding", marked, "a byte order mark begins the file"))
    if guessed := looks_like_utf16(head):
        return Encoding(guessed, Finding("encoding", guessed, "every second byte is zero"))
    wrong = _first_not_utf8(head, rest)
    if wrong is None:
        part = f"the first {CHECKED_BYTES >> 20} MiB are" if rest.read(1) else "it is"
        return Encoding("utf-8", Finding("encoding", "utf-8", f"{part} valid UTF-8"))
    byte, others_are = wrong
    if others_are:  # as another encoding, those would be read wrongly: reading stops at the byte instead
        reason = f"characters before byte 0x{byte:02X}, which is not UTF-8, are"
        return Encoding("utf-8", Finding("encoding", "utf-8", reason))
    codec = "latin-1" if byte in _NOT_IN_CP1252 else "cp1252"
    reason = f"byte 0x{byte:02X} is not UTF-8; other encodings of one byte a character look the same"
    return Encoding(codec, Finding("encoding", codec, reason))


def _codec(given: str, head: bytes) -> str:
    try:
        codec = codecs.lookup(given).name
    except LookupError:
        raise ConfigurationError(
            f"layout.encoding {given} is unknown. Give one of Python's, such as utf-8, utf-16 or cp1252."
        ) from None
    if codec in ("utf-16", "utf-32"):
        return bom_of(head) or looks_like_utf16(head) or f"{codec}-le"
    return "utf-8" if codec in _UTF8 else codec


def _first_not_utf8(head: bytes, rest: BinaryIO) -> tuple[int, bool] | None:
    """The first byte that UTF-8 does not have there, and whether characters before it are UTF-8's own.

    Only in the part of the file that is looked at.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk, seen, has_others = head, 0, False
    while chunk and seen < CHECKED_BYTES:
        if not chunk.isascii() or decoder.getstate()[0]:
            try:
                has_others |= not decoder.decode(chunk).isascii()
            except UnicodeDecodeError as error:
                return error.object[error.start], has_others or not error.object[: error.start].isascii()
        seen += len(chunk)
        chunk = rest.read(CHUNK_BYTES)
    left = decoder.getstate()[0]
    return (left[0], has_others) if left and not chunk else None


class Utf8Stream(io.RawIOBase):
    """A stream of bytes in any encoding as UTF-8 without a byte order mark, from `skip` bytes of that on to its end.

    `size` limits how many bytes of the original are read. Raises UnicodeDecodeError where they are not of it.
    """

    def __init__(self, stream: BinaryIO, encoding: Encoding, skip: int = 0, size: int | None = None) -> None:
        self._stream = stream
        self._decoder = None if encoding.is_utf8 else codecs.getincrementaldecoder(encoding.codec)()
        self._left = size
        self._ready = memoryview(b"")
        self._ended = False
        first = self._next(max(CHUNK_BYTES, skip))
        self._ready = memoryview(first.removeprefix(codecs.BOM_UTF8))
        self._skip(skip)

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; fewer than asked for only at the end."""
        parts: list[bytes] = []
        wanted = size if size >= 0 else 1 << 62
        while wanted > 0 and (self._ready or not self._ended):
            if not self._ready:
                self._ready = memoryview(self._next(min(wanted, 16 * CHUNK_BYTES)))
            part, self._ready = self._ready[:wanted], self._ready[wanted:]
            parts.append(bytes(part))
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer as far as there is text."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Closes the original, too."""
        self._stream.close()
        super().close()

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left to read."""
        while not self._ready and not self._ended:
            self._ready = memoryview(self._next(CHUNK_BYTES))
        return not self._ready

    def _skip(self, size: int) -> None:
        while size > 0 and (part := self.read(min(size, CHUNK_BYTES))):
            size -= len(part)

    def _next(self, size: int) -> bytes:
        wanted = size if self._left is None else min(size, self._left)
        data = self._stream.read(wanted) if wanted else b""
        self._left = None if self._left is None else self._left - len(data)
        self._ended = not data
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final=self._ended)
        return text.encode("utf-8")
