"""A policy's file and the files beside it, read so that what was read is what lies there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vigie_runtime import InputError

Signature = tuple[int, int, int]
"""Time of change in nanoseconds, size, inode."""

MAX_POLICY_BYTES: Final = 2**20
MAX_LIST_BYTES: Final = 16 * 2**20
"""Some 200,000 entries; reading them takes seconds, in which the gateway answers more slowly."""


def signature_of(path: Path) -> Signature | None:
    """What changes when the file does; None where there is none that can be asked."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class PolicyFolder:
    """Reads each file once and remembers what it looked like just before."""

    def __init__(self, policy: Path) -> None:
        self._policy = policy
        self._contents: dict[Path, bytes] = {}
        self._signatures: dict[Path, Signature | None] = {}

    @property
    def signatures(self) -> Mapping[Path, Signature | None]:
        """Every file that was asked for, also one that could not be read."""
        return self._signatures

    @property
    def contents(self) -> tuple[bytes, ...]:
        """Of the policy and of its list files, in the order in which it names them."""
        return tuple(self._contents.values())

    @property
    def has_changed(self) -> bool:
        """Whether a file changed after its reading began, as while somebody writes it."""
        return any(signature_of(path) != signature for path, signature in self._signatures.items())

    def policy(self) -> bytes:
        """The policy itself; raises InputError, without the file's name, where it cannot be read."""
        return self._read(self._policy, MAX_POLICY_BYTES)

    def list_file(self, name: str) -> bytes:
        """A file beside it; raises InputError as `policy` does."""
        return self._read(self._policy.parent / name, MAX_LIST_BYTES)

    def _read(self, path: Path, limit: int) -> bytes:
        self._signatures[path] = signature_of(path)
        try:
            with path.open("rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror or error}): put it there") from None
        if len(content) > limit:
            raise InputError(f"has more than {limit:,} bytes: make it smaller")
        self._contents[path] = content
        return content
