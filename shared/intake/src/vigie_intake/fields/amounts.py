"""How much left an account: signs, columns of money out and in, smallest units."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vigie_intake.fields.decorated import DecoratedNumerals, contradicted
from vigie_intake.fields.money import units_of
from vigie_intake.fields.numerals import Numerals
from vigie_intake.fields.texts import plain_text, undictionaried, word_text
from vigie_intake.fields.verdicts import FieldVerdict, without
from vigie_intake.mapping import Amount
from vigie_schemas.transaction import MAX_AMOUNT


@dataclass(frozen=True)
class AmountVerdict(FieldVerdict):
    """As a verdict; `money_in` is true where money came to the account, which is no fault."""

    money_in: np.ndarray


class AmountReader:
    """Reads amounts: what went out is positive, what came in is set apart, all else is broken."""

    def __init__(self, part: Amount) -> None:
        self._part = part
        self._numerals = Numerals(part.decimal, part.thousands)
        self._decorated = DecoratedNumerals(part.decimal, part.thousands)
        self._out = frozenset(word.casefold() for word in part.out_words)
        self._in = frozenset(word.casefold() for word in part.in_words)

    def read(self, batch: pa.RecordBatch, currencies: pa.Array) -> AmountVerdict:
        """One amount a row in the row's currency, which is null where the row is refused for it."""
        with np.errstate(invalid="ignore"):  # comparisons with what is no number are false, as they should be
            amounts, money_in = self._single(batch, currencies) if self._part.column else self._pair(batch, currencies)
            if self._part.unit == "minor":
                # a fraction of a cent tells that these are no cents
                amounts = np.where(amounts == np.floor(amounts), amounts / _units(currencies), np.nan)
            is_amount = (amounts > 0) & (amounts <= MAX_AMOUNT) & ~money_in
        return AmountVerdict(without(pa.array(amounts), ~is_amount), ~is_amount & ~money_in, money_in)

    def _single(self, batch: pa.RecordBatch, currencies: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        signed, _ = self._signed(batch.column(self._part.column), currencies)
        if self._part.out == "column":
            is_out, is_in = self._directions(batch.column(self._part.direction))
            return np.where(is_out, signed, np.nan), is_in
        if self._part.out == "all":
            return signed, np.zeros(len(signed), dtype=bool)
        out = -signed if self._part.out == "negative" else signed
        return out, out < 0

    def _pair(self, batch: pa.RecordBatch, currencies: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Money out and money in have columns of their own; a zero beside an amount is an empty field."""
        debit, wrong_debit = self._signed(batch.column(self._part.debit), currencies)
        credit, wrong_credit = self._signed(batch.column(self._part.credit), currencies)
        debit, credit = np.nan_to_num(debit), np.nan_to_num(credit)
        wrong = wrong_debit | wrong_credit | ((debit != 0) & (credit != 0))
        out = -debit if self._part.out == "negative" else debit
        money_in = (debit == 0) & (credit > 0)
        if self._part.out != "all":
            money_in |= (out < 0) & (credit == 0)  # a payment that was taken back
        return np.where(wrong, np.nan, out), money_in & ~wrong

    def _signed(self, column: pa.Array, currencies: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Numbers with their sign, NaN without one; and true where something else is written."""
        column = undictionaried(column)
        numbers, wrong = self._numerals.read(column)
        if wrong.any():
            places = pa.array(np.flatnonzero(wrong))
            read, signs = self._decorated.read(plain_text(column.take(places)))
            read[contradicted(signs, currencies.take(places))] = np.nan
            numbers[wrong] = read
            wrong[wrong] = np.isnan(read)
        return np.where(np.isfinite(numbers), numbers, np.nan), wrong

    def _directions(self, column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        words = word_text(column).dictionary_encode()
        folded = [word.casefold() for word in words.dictionary.to_pylist()]
        places = words.indices.fill_null(len(folded)).to_numpy(zero_copy_only=False)
        is_out = np.array([*(word in self._out for word in folded), False])
        is_in = np.array([*(word in self._in for word in folded), False])
        return is_out[places], is_in[places]


def _units(currencies: pa.Array) -> np.ndarray:
    encoded = currencies.dictionary_encode()
    units = np.array([*map(units_of, encoded.dictionary.to_pylist()), 1.0])  # the last one's rows are refused anyway
    return units[encoded.indices.fill_null(len(units) - 1).to_numpy(zero_copy_only=False)]
