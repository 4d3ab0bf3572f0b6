"""What goes wrong while a file is read, as one sentence for the person who gave it."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pyarrow as pa

from vigie_runtime import InputError

UNPACKING: Final = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
MAX_NAMES_SHOWN: Final = 30


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Raises InputError that names the file for whatever its storage, packing or format cannot give."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"There is no file {name}. Give the path of a file with transactions.") from None
    except PermissionError:
        raise InputError(f"{name} may not be read by this user. Change its permissions, or copy it.") from None
    except UNPACKING:
        raise InputError(f"{name} is packed, and cut off or damaged. Copy or export it again.") from None
    except UnicodeError as error:
        raise InputError(
            f"{name} is not text of the encoding {_encoding(error)}. Say which: layout.encoding."
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name} cannot be read on: {first_line(error)}. Copy or export it again.") from None


def first_line(error: BaseException) -> str:
    """An error of a library in short, without its last full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def chosen(columns: Sequence[str] | None, there: Sequence[str], name: str) -> list[str]:
    """The columns to read; raises InputError for one that is not there, or that is there more than once."""
    if columns is None:
        return list(there)
    known = set(there)
    for column in columns:
        if column not in known:
            raise _no_column(column, there, name)
    return list(columns)


def _no_column(column: str, there: Sequence[str], name: str) -> InputError:
    alike = [one for one in there if one.rpartition("#")[0] == column]
    if alike:
        return InputError(f"{name} has the column {column} {len(alike)} times. Say which: {' or '.join(alike)}.")
    shown = ", ".join(there[:MAX_NAMES_SHOWN]) + (", …" if len(there) > MAX_NAMES_SHOWN else "")
    return InputError(f"{name} has no column {column}; it has {shown}. Say which of them is meant.")


def _encoding(error: UnicodeError) -> str:
    return error.encoding if isinstance(error, UnicodeDecodeError | UnicodeEncodeError) else "given"
