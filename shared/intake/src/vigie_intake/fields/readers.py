"""Which reader reads which field of a transaction, by a mapping; amounts are read apart, by the row's currency."""

from collections.abc import Callable, Collection
from typing import Final

import pyarrow as pa

from vigie_intake.fields.degrees import DegreeReader
from vigie_intake.fields.names import NameReader
from vigie_intake.fields.times import TimeReader
from vigie_intake.fields.verdicts import FieldVerdict
from vigie_intake.fields.words import (
    CurrencyReader,
    IdReader,
    TruthReader,
    WordReader,
    category,
    country,
    direction,
    scenario,
)
from vigie_intake.mapping import Mapping
from vigie_runtime.pseudonyms import Pseudonyms

FieldReader = Callable[[pa.RecordBatch], FieldVerdict]
COUNTERPARTIES_AND_DEVICES: Final = ("merchant_id", "device_id", "payee_id")
WORDS: Final[dict[str, Callable[[str], str | None]]] = {
    "category": category,
    "country": country,
    "scenario": scenario,
    "channel": category,
    "direction": direction,
    "ip_country": country,
}
LIMITS: Final = {"lat": 90.0, "lon": 180.0}


def readers_of(
    mapping: Mapping, pseudonyms: Callable[[], Pseudonyms], currencies: Collection[str]
) -> dict[str, FieldReader]:
    """One reader for each field that the mapping fills, but for the amount."""
    readers: dict[str, FieldReader] = {
        "account_id": NameReader(mapping.account_id, pseudonyms, is_account=True).read,
        "timestamp": TimeReader(mapping.timestamp).read,
        "currency": CurrencyReader(mapping.currency, currencies).read,
    }
    if mapping.transaction_id is not None:
        readers["transaction_id"] = IdReader(mapping.transaction_id, pseudonyms).read
    for name in COUNTERPARTIES_AND_DEVICES:
        if (part := getattr(mapping, name)) is not None:
            readers[name] = NameReader(part, pseudonyms, is_account=False).read
    for name, take in WORDS.items():
        if (part := getattr(mapping, name)) is not None:
            readers[name] = WordReader(part, take).read
    for name, limit in LIMITS.items():
        if (part := getattr(mapping, name)) is not None:
            readers[name] = DegreeReader(part, limit).read
    if (truth := mapping.card_present) is not None:
        readers["card_present"] = TruthReader(truth.column, yes=truth.yes, no=truth.no, values=pa.bool_()).read
    if (label := mapping.label) is not None:
        readers["label"] = TruthReader(label.column, yes=label.fraud, no=label.legitimate, values=pa.int8()).read
    return readers
