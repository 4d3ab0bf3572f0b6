"""The transactions of a file in whatever layout it has, with what it knows of the truth."""

import hashlib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa

from generator.labels import Truth
from generator.payment import RecordDict
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import Prepared
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_runtime.rates import configured_rates
from vigie_schemas import SCHEMA_VERSION
from vigie_schemas.account_numbers import in_letters, is_account_number

MAX_STEM_CHARACTERS: Final = 38  # leaves room for eight letters of the content and the row number in 64
COLUMNS: Final = (
    *("row", "transaction_id", "account_id", "timestamp_ms", "amount", "currency"),
    *("merchant_id", "category", "country", "lat", "lon", "label", "scenario"),
)

ADDED: Final = ("channel", "device_id", "payee_id", "direction", "ip_country", "card_present")
"""Few files know them, and then only some."""


class FileRow(NamedTuple):
    """One row as a transaction and, where the file knows it, its truth."""

    transaction: RecordDict
    truth: Truth | None


class TransactionFile:
    """A file or folder that was prepared, row by row in its own order."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._prefix = f"{_stem(prepared.source.name)}-{in_letters(prepared.source.identity()[:8])}"

    def rows(self, pseudonyms: Pseudonyms, tally: IntakeTally) -> Iterator[FileRow]:
        """The transactions; `tally` counts the other rows. Raises InputError where the file cannot be read on.

        A row that has no name of its own is named by the file's name, its content and the row's number: two files named
        alike share no name, and the same file sent again repeats the same ones.
        """
        for batch in self._prepared.batches(lambda: pseudonyms, configured_rates().eur_per_unit, tally):
            yield from self._of_batch(batch)

    def _of_batch(self, batch: pa.RecordBatch) -> Iterator[FileRow]:
        added = [field for field in ADDED if batch.column(field).null_count < batch.num_rows]
        columns = [batch.column(field).to_pylist() for field in (*COLUMNS, *added)]
        prefix = self._prefix
        # written out, one assignment a row: this loop is what reading a file costs
        for (
            row,
            name,
            account,
            at,
            amount,
            currency,
            merchant,
            category,
            country,
            lat,
            lon,
            label,
            scenario,
            *more,
        ) in zip(*columns, strict=True):
            named = name or f"{prefix}-{row}"
            transaction: RecordDict = {
                "schema_version": SCHEMA_VERSION,
                "transaction_id": named,
                "account_id": account,
                "timestamp_ms": at,
                "amount": amount,
                "currency": currency,
                "merchant_id": merchant,
                "category": category,
                "country": country,
                "lat": lat,
                "lon": lon,
                "sent_at_us": None,
            }
            if added:
                transaction.update(zip(added, more, strict=True))
            truth = None
            if label is not None:
                counterparty = merchant if merchant is not None else transaction.get("payee_id")
                truth = Truth(named, account, label == 1, scenario, at, counterparty)
            yield FileRow(transaction, truth)


def _stem(name: str) -> str:
    """The file's name as the start of a transaction's; with a hash where it had to be changed, none of a number."""
    stem = name.split(".")[0]
    clean = re.sub("[^A-Za-z0-9._:@-]", "-", stem)
    if is_account_number(clean):
        return "file"
    if clean == stem and len(stem) <= MAX_STEM_CHARACTERS:
        return stem or "file"
    digest = in_letters(hashlib.sha256(stem.encode()).hexdigest()[:8])
    return f"{clean[: MAX_STEM_CHARACTERS - 9]}-{digest}"
