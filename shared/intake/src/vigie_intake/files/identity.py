"""What a file or folder is called by its content, so that a row has the same name wherever the file lies."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vigie_intake.files.failures import readable

CHARACTERS: Final = 16
_CHUNK_BYTES: Final = 1 << 20


def identity_of_file(path: Path, name: str, member: str | None = None) -> str:
    """Sixteen hex characters of the file's bytes, packed as they are, and of the member that is read of a zip."""
    digest = hashlib.sha256()
    with readable(name), path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    if member is not None:
        digest.update(b"\x00" + member.encode())
    return digest.hexdigest()[:CHARACTERS]


def identity_of_folder(parts: Iterable[tuple[str, str]]) -> str:
    """Sixteen hex characters of the parts: each one's path in the folder, and its own identity."""
    digest = hashlib.sha256()
    for relative, identity in parts:
        digest.update(f"{len(relative)}:{relative}:{identity}".encode())
    return digest.hexdigest()[:CHARACTERS]
