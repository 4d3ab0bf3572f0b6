"""Names of accounts and receivers: pseudonyms where a name tells an account number or the contract refuses it."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import pyarrow as pa

from vigie_intake.fields.account_numbers import MIN_LENGTH
from vigie_intake.fields.texts import Remembered, TextReader
from vigie_intake.fields.verdicts import FieldVerdict, is_missing
from vigie_intake.fields.words import ROUNDED_BY_A_TOOL
from vigie_intake.mapping import Name
from vigie_runtime.pseudonyms import Pseudonyms, needs_pseudonym
from vigie_schemas.account_numbers import is_account_number
from vigie_schemas.record import IDENTIFIER_PATTERN
from vigie_schemas.transaction import MAX_TEXT_LENGTH

_IDENTIFIER: Final = re.compile(IDENTIFIER_PATTERN)


class NameReader:
    """Reads names, each different one looked at once; the key is asked for with the first that needs it."""

    def __init__(self, part: Name, pseudonyms: Callable[[], Pseudonyms], *, is_account: bool) -> None:
        self._text = TextReader(part, whole=is_account)
        self._always = part.pseudonym == "always"
        self._is_account = is_account
        self._pseudonyms = lru_cache(1)(pseudonyms)
        self._names = Remembered(self._name)

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One name a row; an account without one is broken, and so is a number whose last digits a tool cut off."""
        texts = self._text.read(batch)
        names = self._names.of(texts)
        missing = is_missing(names)
        return FieldVerdict(names, missing if self._is_account else missing & ~is_missing(texts))

    def _name(self, name: str) -> str | None:
        if ROUNDED_BY_A_TOOL.fullmatch(name):
            return None
        if self._always or self._is_hidden(name):
            return self._pseudonyms().hidden(name)
        return name if self._is_account or len(name) <= MAX_TEXT_LENGTH else None

    def _is_hidden(self, name: str) -> bool:
        if not self._is_account:
            return is_account_number(name)
        is_short = len(name) < MIN_LENGTH and _IDENTIFIER.fullmatch(name) is not None
        return not is_short and needs_pseudonym(name)
