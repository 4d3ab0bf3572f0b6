"""A name for each row of a statement that no other row has, also where the bank's references repeat."""

import re
from hashlib import blake2b
from typing import Final

_DIGEST_CHARACTERS: Final = 20  # 80 bits: among 100 million rows two share one with a chance of 4 in a billion
_LETTERS: Final = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_HARMLESS: Final = re.compile(r"[A-Za-z0-9._:@-]{1,40}")
_MAX_DIGITS: Final = 12  # with more it may pass for a card number or an IBAN, and the row would be refused


class Statements:
    """Counts statements of the same account and number in one file, such as its pages."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def key(self, *parts: str | None) -> str:
        """What tells this statement from every other one: itself, and how often it was there before."""
        own = digest(*parts)
        self._seen[own] = self._seen.get(own, 0) + 1
        return own if self._seen[own] == 1 else f"{own}{self._seen[own]}"


def unique_id(reference: str | None, *parts: str | int | None) -> str:
    """The bank's reference where it can stand in a topic, and what follows from the row and its place.

    The same statement gives the same names in whatever file it lies. The part of ours has letters only, so that it is
    never taken for an account number.
    """
    own = digest(reference, *parts)
    if reference and _HARMLESS.fullmatch(reference) and sum(map(str.isdigit, reference)) <= _MAX_DIGITS:
        return f"{reference}.{own}"
    return own


def digest(*parts: str | int | None) -> str:
    """Twenty letters that follow from these values; None differs from an empty text."""
    text = "".join("-" if part is None else f"{len(str(part))}:{part}" for part in parts)
    code = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_CHARACTERS // 2).hexdigest()
    return code.encode().translate(_LETTERS).decode()
