"""Fields of text as the contract takes them: categories, countries, currencies, labels, names of transactions."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.account_numbers import may_be_account_number
from vigie_intake.fields.kernels import pc
from vigie_intake.fields.masks import masked
from vigie_intake.fields.numerals import NOT_KNOWN
from vigie_intake.fields.texts import Remembered, TextReader, word_text
from vigie_intake.fields.verdicts import FieldVerdict, flags, is_missing, without
from vigie_intake.mapping import Text
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas.account_numbers import is_account_number
from vigie_schemas.record import IDENTIFIER_PATTERN
from vigie_schemas.transaction import MAX_TEXT_LENGTH, MONEY_OUT

ID_PREFIX: Final = "tx-"
ID_DIGEST_CHARACTERS: Final = 32
MONEY_IN: Final = "in"
ROUNDED_BY_A_TOOL: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+")
"""A long number as spreadsheets write it: its last digits are lost, so two names may have become one."""

_COUNTRY: Final = re.compile("[A-Z]{2}")


class WordReader:
    """Reads a field of text, each different word checked once; a word that `take` has no answer to is broken."""

    def __init__(self, part: Text, take: Callable[[str], str | None]) -> None:
        self._text = TextReader(part)
        self._words = Remembered(take)

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One word a row, null where there is none."""
        texts = self._text.read(batch)
        values = self._words.of(texts)
        return FieldVerdict(values, is_missing(values) & ~is_missing(texts))


def category(word: str) -> str | None:
    """The word, where it is no account number and the contract takes its length."""
    return None if len(word) > MAX_TEXT_LENGTH or is_account_number(word) else word


def country(word: str) -> str | None:
    """The word, where it is written as ISO 3166 alpha-2."""
    return word if _COUNTRY.fullmatch(word) else None


def scenario(word: str) -> str:
    """The word; an account number among the truths is not shown."""
    return masked(word) if is_account_number(word) else word


def direction(word: str) -> str | None:
    """The word, where it says which way the money went."""
    return word if word in (MONEY_OUT, MONEY_IN) else None


class CurrencyReader:
    """Reads the currency of each row; one without a rate, or none, is broken."""

    def __init__(self, part: Text, currencies: Collection[str]) -> None:
        self._text = TextReader(part)
        self._known = pa.array(sorted(currencies), pa.string())

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One ISO 4217 code a row."""
        codes = self._text.read(batch)
        broken = ~flags(pc.is_in(codes, self._known))
        return FieldVerdict(without(codes, broken), broken)


class IdReader:
    """Reads names of transactions.

    One that the contract refuses becomes `tx-` and a hash of it, the same in every reading; one that is an account
    number becomes a keyed hash, because numbers that short could be found by trying all.
    """

    def __init__(self, part: Text, pseudonyms: Callable[[], Pseudonyms]) -> None:
        self._text = TextReader(part, whole=True)
        self._pseudonyms = pseudonyms

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One name a row, null where there is none."""
        names = self._text.read(batch)
        kept = flags(pc.match_substring_regex(names, IDENTIFIER_PATTERN))
        asked = np.flatnonzero((~kept | may_be_account_number(names)) & ~is_missing(names))
        broken = np.zeros(len(names), dtype=bool)
        if not len(asked):
            return FieldVerdict(names, broken)
        changed = [self._name(name) for name in names.take(pa.array(asked)).to_pylist()]
        broken[asked] = [name is None for name in changed]
        chosen = np.zeros(len(names), dtype=bool)
        chosen[asked] = True
        return FieldVerdict(pc.replace_with_mask(names, pa.array(chosen), pa.array(changed, pa.string())), broken)

    def _name(self, name: str) -> str | None:
        if is_account_number(name):
            return self._pseudonyms().hidden(name, ID_PREFIX)
        if re.fullmatch(IDENTIFIER_PATTERN, name):
            return name
        if ROUNDED_BY_A_TOOL.fullmatch(name):
            return None
        hashed = ID_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:ID_DIGEST_CHARACTERS]
        return self._name(f"{name}.") if is_account_number(hashed) else hashed


class TruthReader:
    """Reads what is true or false by its words."""

    def __init__(self, column: str, *, yes: Iterable[str], no: Iterable[str], values: pa.DataType) -> None:
        """`values` is the type of what is read, a whole number or a boolean."""
        self._column = column
        self._type = values
        self._meanings = dict.fromkeys(map(str.casefold, no), "0")
        self._meanings |= dict.fromkeys(map(str.casefold, yes), "1")
        self._words = Remembered(self._meaning)

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """1, 0, or null where it is not known."""
        meanings = self._words.of(word_text(batch.column(self._column)))
        broken = flags(pc.equal(meanings, "?"))
        return FieldVerdict(without(meanings, broken).cast(self._type), broken)

    def _meaning(self, word: str) -> str | None:
        folded = word.casefold()
        if folded in self._meanings:
            return self._meanings[folded]
        return None if folded in NOT_KNOWN else "?"
