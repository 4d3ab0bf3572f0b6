"""Columns as a person sees them: their type in words, and examples that name no person and tell no account."""

import re
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from vigie_intake.fields.masks import masked, shortened
from vigie_intake.inspecting.amounts import numbers_in
from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.moments import CLOCK_ONLY, times_in
from vigie_intake.inspecting.naming import roles_of
from vigie_runtime.parquet_columns import ColumnKind

EXAMPLES: Final = 3
_LOOKED_AT: Final = 200
_OPEN_FIELDS: Final = (
    "category",
    "channel",
    "country",
    "ip_country",
    "direction",
    "card_present",
    "currency",
    "label",
    "scenario",
    "drop",
    "transaction_id",
    "amount",
    "timestamp",
)
_HIDDEN_ROLES: Final = ("person", "account_id", "merchant_id")
_NAMING_FIELDS: Final = ("account_id", "merchant_id", "payee_id", "device_id")
_CODE: Final = re.compile(
    r"[A-Z0-9]{1,4}|[A-Za-z]|[a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+|[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}"
)
_LONG_DIGITS: Final = 7


@dataclass(frozen=True)
class ColumnView:
    """One column for a person: `fields` are those of a transaction that it is read for."""

    name: str
    type: str
    examples: tuple[str, ...]
    empty_share: float
    fields: tuple[str, ...]


def view_of(column: Column, fields: tuple[str, ...]) -> ColumnView:
    """The column with examples, masked where they may name somebody."""
    part = Column(column.name, column.values.drop_null().slice(0, _LOOKED_AT))
    kind = _type_of(part)
    hidden = _is_hidden(column, part, fields, kind)
    examples = [masked(word) if hidden else shortened(word) for word in column.present.unique()[:EXAMPLES].to_pylist()]
    return ColumnView(column.name, kind, tuple(dict.fromkeys(examples)), column.empty_share, fields)


def _type_of(column: Column) -> str:
    if column.kind is ColumnKind.TIME:
        return "date" if pa.types.is_date(column.values.type) else "time"
    if column.kind is not ColumnKind.TEXT:
        return column.kind.value
    if not len(column.present):
        return "empty"
    times = times_in(column)
    if times.share == 1 and not times.is_steps:
        return "date" if times.precision == "day" else "time"
    if all(CLOCK_ONLY.fullmatch(word) for word in column.counts):
        return "time of day"
    numbers = numbers_in(column)
    if numbers.share == 1:
        return "whole numbers" if numbers.whole_share == 1 else "numbers"
    return "text"


def _is_hidden(column: Column, part: Column, fields: tuple[str, ...], kind: str) -> bool:
    """Whether examples are masked: all that is not surely harmless is."""
    roles = {named.role for named in roles_of(column.name)}
    if column.holds_account_numbers or roles & set(_HIDDEN_ROLES) or set(fields) & set(_NAMING_FIELDS):
        return True
    if set(fields) & set(_OPEN_FIELDS):
        return False
    if kind in ("whole numbers", "numbers"):
        return any(word.isdigit() and len(word) > _LONG_DIGITS for word in part.counts)
    if kind != "text":
        return False
    return not all(_CODE.fullmatch(word) for word in part.counts)
