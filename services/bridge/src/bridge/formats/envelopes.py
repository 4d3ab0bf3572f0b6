"""Envelopes of connectors: Kafka Connect's schema and payload, and Debezium's change events.

A Connect envelope is opened, so a mapping names columns of the payload. A Debezium event stays as it is, so a mapping
can name `after.amount` as well as `source.table`; the operation decides whether it is a transaction at all.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.formats.logical_types import conversion, is_variable_scale, unscaled, variable_scale
from bridge.formats.paths import (
    MAX_DEPTH,
    Convert,
    Correction,
    JsonObject,
    Path,
    Step,
    correct,
    steps_below,
    value_at,
    written,
)
from bridge.refusals import LeftOutError, LeftOutKind, RefusalError
from vigie_schemas import RejectReason

CONNECT_KEYS: Final = frozenset({"schema", "payload"})
KINDS: Final = {"u": LeftOutKind.UPDATE, "d": LeftOutKind.DELETE}
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
DECIMALS_HINT: Final = (
    "A decimal without a schema: say by VIGIE_BRIDGE_DECIMALS how it is written, such as after.amount=2."
)


@dataclass
class ConnectEnvelope:
    """Opens `{"schema": …, "payload": …}` and gives values the meaning that the schema says."""

    needed: Collection[Path]
    _schema: object = None
    _corrections: tuple[Correction, ...] = ()

    def open(self, record: JsonObject) -> tuple[JsonObject, bool]:
        """The payload, and whether a schema came with it; a record without an envelope as it is."""
        if record.keys() != CONNECT_KEYS:
            return record, False
        schema, payload = record["schema"], record["payload"]
        if payload is None:
            raise LeftOutError(LeftOutKind.TOMBSTONE)
        if not isinstance(payload, dict):
            raise RefusalError(RejectReason.CONNECT_ENVELOPE, "payload")
        if schema is None:
            return payload, False
        if schema != self._schema:
            self._corrections = tuple(corrections(schema, self.needed))
            self._schema = schema
        correct(payload, self._corrections)
        return payload, True


def corrections(schema: object, needed: Collection[Path], path: Path = ()) -> list[Correction]:
    """What a Connect schema says about the paths that a mapping needs."""
    if not isinstance(schema, Mapping) or len(path) > MAX_DEPTH:
        return []
    convert = conversion(schema.get("name"), schema.get("parameters"))
    if path and convert is not None:
        return [Correction(path, convert)]
    return [
        each
        for step, inner in _inner(schema, steps_below(path, needed))
        for each in corrections(inner, needed, (*path, step))
    ]


def _inner(schema: Mapping[str, object], steps: Collection[Step]) -> list[tuple[Step, object]]:
    """The schemas of what these steps lead to: fields of a struct, elements of an array, values of a map."""
    fields = schema.get("fields")
    if isinstance(fields, list):
        return [
            (field["field"], field) for field in fields if isinstance(field, Mapping) and field.get("field") in steps
        ]
    return [(step, schema.get("items" if isinstance(step, int) else "values")) for step in steps]


@dataclass(frozen=True)
class DebeziumEvents:
    """Lets through the operations that are transactions; the others are counted."""

    operations: frozenset[str]
    decimal_paths: Collection[Path]
    """Of the mapping's amounts: without a schema their text may be base64, which can look like a number."""
    stated: Collection[Path]
    """Those of which a setting says how they are written."""

    def admit(self, record: JsonObject, *, has_schema: bool) -> None:
        """Raises LeftOutError for another operation, and RefusalError for an event that cannot be read safely."""
        if "op" in record and ("after" in record or "before" in record):
            operation = record["op"]
            if operation not in self.operations:
                raise LeftOutError(KINDS.get(str(operation), LeftOutKind.OTHER_CHANGE))
            if not isinstance(record.get("after"), dict):
                raise RefusalError(RejectReason.WRONG_TYPE, "after")
            if not has_schema:
                self._require_readable_decimals(record)
        elif "__deleted" in record or "__op" in record:  # Debezium's own flattening leaves these
            if record.get("__deleted") in (True, "true"):
                raise LeftOutError(LeftOutKind.DELETE)
            operation = record.get("__op")
            if operation is not None and operation not in self.operations:
                raise LeftOutError(KINDS.get(str(operation), LeftOutKind.OTHER_CHANGE))

    def _require_readable_decimals(self, record: JsonObject) -> None:
        for path in self.decimal_paths:
            value = value_at(record, path)
            if path not in self.stated and isinstance(value, str) and value and _BASE64.fullmatch(value):
                raise RefusalError(RejectReason.INVALID_AMOUNT, written(path), hint=DECIMALS_HINT)


def stated_decimals(decimals: Mapping[Path, int | None]) -> list[Correction]:
    """What VIGIE_BRIDGE_DECIMALS says about values whose scale is nowhere in the record."""
    return [Correction(path, _by_scale(scale)) for path, scale in decimals.items() if scale is not None]


def self_described_decimals(paths: Collection[Path]) -> list[Correction]:
    """VariableScaleDecimal says its scale itself, also where no schema comes with the record."""
    return [
        Correction(path, lambda value: variable_scale(value) if is_variable_scale(value) else value) for path in paths
    ]


def _by_scale(scale: int) -> Convert:
    return lambda value: variable_scale(value) if is_variable_scale(value) else unscaled(value, scale)
