"""Avro values by the schema they were written with: what an older one lacks is missing, what a newer one adds not read.

fastavro's reader is called directly: confluent-kafka's deserializer looks up subjects and rules and expands the schema
for each record.
"""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka.schema_registry import Schema
from fastavro import parse_schema, schemaless_reader
from fastavro.schema import SchemaParseException, UnknownType

from bridge.formats.logical_types import conversion, variable_scale
from bridge.formats.paths import MAX_DEPTH, Convert, Correction, JsonObject, Path, Step, correct, steps_below
from bridge.formats.schema_registry import UNUSABLE_SCHEMA, ParsedSchemas, SchemaSource, json_of
from bridge.formats.wire import HEADER_BYTES, schema_id
from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

KIND: Final = "AVRO"
VARIABLE_SCALE_RECORD: Final = "io.debezium.data.VariableScaleDecimal"
DAMAGED: Final = "The bytes do not fit the schema they name."


@dataclass(frozen=True)
class AvroSchema:
    """A parsed schema, and what has to be done to the values it describes."""

    parsed: dict[str, object]
    corrections: tuple[Correction, ...]


class AvroDecoder:
    """Records of the paths that are needed, as plain values; times and dates as Python's."""

    def __init__(self, source: SchemaSource, needed: Collection[Path]) -> None:
        self._source = source
        self._needed = needed
        self._schemas = ParsedSchemas(source, self._prepared)

    def decode(self, value: bytes) -> JsonObject:
        """Raises RefusalError for a value that cannot be read, UnavailableError while its schema is not to be had."""
        schema = self._schemas.of(schema_id(value))
        content = io.BytesIO(value)
        content.seek(HEADER_BYTES)
        try:
            record = schemaless_reader(content, schema.parsed, None)
        except Exception:  # broken bytes raise whatever their first wrong turn leads to
            raise RefusalError(RejectReason.WRONG_TYPE, hint=DAMAGED) from None
        if content.tell() != len(value):
            raise RefusalError(RejectReason.WRONG_TYPE, hint=DAMAGED)
        if not isinstance(record, dict):
            raise RefusalError(RejectReason.WRONG_TYPE)
        correct(record, schema.corrections)
        return record

    def _prepared(self, schema: Schema) -> AvroSchema:
        named: dict[str, dict[str, object]] = {}
        try:
            self._parse_references(schema, named)
            parsed = parse_schema(json_of(schema, KIND), named_schemas=named)  # pyright: ignore[reportArgumentType]
        except (SchemaParseException, UnknownType, ValueError, TypeError, KeyError):
            raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNUSABLE_SCHEMA) from None
        if not isinstance(parsed, dict):
            raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNUSABLE_SCHEMA)
        return AvroSchema(parsed, tuple(_corrections(parsed, named, self._needed, ())))

    def _parse_references(self, schema: Schema, named: dict[str, dict[str, object]]) -> None:
        """Types of other subjects first, those that they themselves refer to before them."""
        for reference in schema.references or []:
            if reference.name in named:
                continue
            referenced = self._source.referenced(reference)
            self._parse_references(referenced, named)
            parse_schema(json_of(referenced, KIND), named_schemas=named)  # pyright: ignore[reportArgumentType]


def _corrections(
    schema: object, named: Mapping[str, Mapping[str, object]], needed: Collection[Path], path: Path
) -> list[Correction]:
    if isinstance(schema, str):
        schema = named.get(schema, schema)
    if isinstance(schema, list):
        return [each for branch in schema for each in _corrections(branch, named, needed, path)]
    if not isinstance(schema, Mapping) or len(path) > MAX_DEPTH:
        return []
    convert = _conversion(schema)
    if path and convert is not None:
        return [Correction(path, convert)]
    return [
        each
        for step, inner in _inner(schema, steps_below(path, needed))
        for each in _corrections(inner, named, needed, (*path, step))
    ]


def _inner(schema: Mapping[str, object], steps: Collection[Step]) -> list[tuple[Step, object]]:
    """The schemas of what these steps lead to: fields of a record, items of an array, values of a map."""
    fields = schema.get("fields")
    if isinstance(fields, list):
        return [(field["name"], field["type"]) for field in fields if field["name"] in steps]
    return [(step, schema.get("items" if isinstance(step, int) else "values")) for step in steps]


def _conversion(schema: Mapping[str, object]) -> Convert | None:
    """The reader knows Avro's own logical types; Connect notes its own beside them."""
    if schema.get("name") == VARIABLE_SCALE_RECORD:
        return variable_scale
    if "logicalType" in schema:
        return None
    return conversion(schema.get("connect.name"), schema.get("connect.parameters"))
