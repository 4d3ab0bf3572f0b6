"""What a source's settings make of its values: wire format, then envelope, then decimals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bridge.formats.avro import AvroDecoder
from bridge.formats.envelopes import ConnectEnvelope, DebeziumEvents, self_described_decimals, stated_decimals
from bridge.formats.json_records import JsonDecoder, JsonSchemaDecoder
from bridge.formats.paths import Correction, JsonObject, Path, correct, path_of
from bridge.formats.protobuf import ProtobufDecoder
from bridge.formats.schema_registry import SchemaSource
from bridge.refusals import LeftOutError, LeftOutKind
from vigie_intake.mapping import Mapping as TransactionMapping


class WireFormat(StrEnum):
    """How values are written."""

    JSON = "json"
    JSON_SCHEMA = "json-schema"
    AVRO = "avro"
    PROTOBUF = "protobuf"

    @property
    def needs_schemas(self) -> bool:
        """Whether a schema registry has to be asked."""
        return self is not WireFormat.JSON


class ValueDecoder(Protocol):
    """One wire format."""

    def decode(self, value: bytes) -> JsonObject:
        """Raises RefusalError for what cannot be read, UnavailableError while a schema is not to be had."""
        ...


@dataclass(frozen=True)
class DecodingRules:
    """What the settings say about a topic's values."""

    wire_format: WireFormat
    opens_envelopes: bool
    operations: frozenset[str]
    decimals: Mapping[Path, int | None]


class Decoder:
    """From a value to the record that a mapping reads."""

    def __init__(self, rules: DecodingRules, mapping: TransactionMapping, schemas: SchemaSource | None) -> None:
        needed = [path_of(column) for column in mapping.needed]
        amounts = [path_of(c) for c in (mapping.amount.column, mapping.amount.debit, mapping.amount.credit) if c]
        self._values = _value_decoder(rules.wire_format, schemas, needed)
        self._opens_envelopes = rules.opens_envelopes
        self._connect = ConnectEnvelope(needed)
        # only JSON can lose what its decimals mean
        is_json = rules.wire_format is WireFormat.JSON
        self._debezium = DebeziumEvents(rules.operations, amounts if is_json else [], rules.decimals.keys())
        self._decimals: list[Correction] = [
            *stated_decimals(rules.decimals),
            *self_described_decimals([path for path in amounts if path not in rules.decimals]),
        ]

    def decode(self, value: bytes | None) -> JsonObject:
        """Raises RefusalError, LeftOutError, or UnavailableError while a schema is not to be had."""
        if value is None:
            raise LeftOutError(LeftOutKind.TOMBSTONE)
        record, has_schema = self._values.decode(value), False
        if self._opens_envelopes:
            record, has_schema = self._connect.open(record)
            self._debezium.admit(record, has_schema=has_schema)
        correct(record, self._decimals)
        return record


def _value_decoder(wire_format: WireFormat, schemas: SchemaSource | None, needed: Collection[Path]) -> ValueDecoder:
    if wire_format is WireFormat.JSON or schemas is None:
        return JsonDecoder()
    kinds = {
        WireFormat.AVRO: AvroDecoder,
        WireFormat.PROTOBUF: ProtobufDecoder,
        WireFormat.JSON_SCHEMA: JsonSchemaDecoder,
    }
    return kinds[wire_format](schemas, needed)
