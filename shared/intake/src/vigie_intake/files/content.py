"""The bytes of a file, whatever it is packed in: streamed, never unpacked as a whole."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from vigie_intake.files.failures import readable
from vigie_intake.files.recognition import is_office_zip, refuse_excel
from vigie_intake.source import Finding
from vigie_runtime import InputError

HEAD_BYTES: Final = 4096
MAX_WRAPPINGS: Final = 3  # such as a gzip in a zip; more is no export but an attack
MAX_MEMBERS_SHOWN: Final = 10

Unpack = Callable[[BinaryIO], BinaryIO]


class _Unpacked(io.RawIOBase):
    """A stream that closes what it stands on; the unpackers of the standard library leave theirs open."""

    def __init__(self, stream: BinaryIO, under: BinaryIO) -> None:
        self._stream = stream
        self._under = under

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._under.close()
        super().close()


@dataclass(frozen=True)
class Content:
    """A file on disk and what its bytes are to be unpacked by, outermost first."""

    name: str
    path: Path
    unpackers: tuple[Unpack, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the file itself holds the bytes, so that one may jump in it."""
        return not self.unpackers

    def open(self) -> BinaryIO:
        """The unpacked bytes from their beginning; the caller closes it."""
        stream: BinaryIO = self.path.open("rb")
        for unpack in self.unpackers:
            try:
                stream = io.BufferedReader(_Unpacked(unpack(stream), stream), 1 << 20)
            except BaseException:
                stream.close()
                raise
        return stream

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The unpacked bytes; raises InputError where they cannot be read or unpacked."""
        with readable(self.name), self.open() as stream:
            yield stream

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """The first bytes, fewer where there are no more; raises InputError."""
        with self.opened() as stream:
            return read_up_to(stream, size)


def read_up_to(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, up to `size`: one read of a packed stream may give fewer."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def content_of(path: Path, name: str, member: str | None = None) -> tuple[Content, list[Finding]]:
    """The content of a file below its packing, and what was found out about that.

    Raises InputError for a file that cannot be read, for one that is packed too often, and for a zip of several
    files where `member` names none of them.
    """
    content, findings = Content(name, path), []
    for _ in range(MAX_WRAPPINGS + 1):
        head = content.head()
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            content, finding = _unzipped(content, member)
        else:
            packing = next((one for magic, one in _PACKINGS.items() if re.match(magic, head)), None)
            if packing is None:
                return content, findings
            called, unpack = packing
            content = replace(content, unpackers=(*content.unpackers, unpack))
            finding = Finding("packing", called, f"its first bytes are those of {called}")
        findings.append(finding)
    raise InputError(f"{name} is packed more than {MAX_WRAPPINGS} times. Unpack it and give the file inside.")


def _unzipped(content: Content, member: str | None) -> tuple[Content, Finding]:
    if not content.is_plain:
        raise InputError(f"{content.name} holds a zip inside another packing. Unpack it and give the file inside.")
    with readable(content.name), zipfile.ZipFile(content.path) as archive:
        infos = archive.infolist()
    if is_office_zip([info.filename for info in infos]):
        raise refuse_excel(content.name)
    files = {info.filename: info for info in infos if not info.is_dir() and not _is_by_the_way(info.filename)}
    if not files:
        raise InputError(f"{content.name} is a zip without a file in it. Give one with the transactions.")
    chosen = member or (next(iter(files)) if len(files) == 1 else None)
    if chosen not in files:
        what = f"has no file {member}" if member else f"is a zip of {len(files)} files"
        shown = ", ".join(list(files)[:MAX_MEMBERS_SHOWN]) + (", …" if len(files) > MAX_MEMBERS_SHOWN else "")
        raise InputError(f"{content.name} {what}; it has {shown}. Say which is meant: layout.member.")
    if files[chosen].flag_bits & 1:
        raise InputError(f"{content.name} is a zip with a password. Unpack it and give the file inside.")
    reason = "layout.member names it" if member else "it is the only file of the zip"
    return replace(content, unpackers=(_member_of_zip(chosen),)), Finding("member", chosen, reason)


def _is_by_the_way(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _member_of_zip(member: str) -> Unpack:
    def unpack(stream: BinaryIO) -> BinaryIO:
        return zipfile.ZipFile(stream).open(member)  # type: ignore[return-value]

    return unpack


def _unpack_gzip(stream: BinaryIO) -> BinaryIO:
    return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]


def _unpack_zstd(stream: BinaryIO) -> BinaryIO:
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")  # type: ignore[return-value]


_PACKINGS: Final[dict[bytes, tuple[str, Unpack]]] = {  # by how their files begin
    rb"\x1f\x8b\x08": ("gzip", _unpack_gzip),
    rb"BZh[1-9]1AY&SY": ("bzip2", bz2.BZ2File),  # type: ignore[dict-item]
    rb"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),  # type: ignore[dict-item]
    rb"\x28\xb5\x2f\xfd": ("zstd", _unpack_zstd),
}
