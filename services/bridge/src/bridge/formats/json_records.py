"""JSON of any shape, plain or in the wire format of a JSON schema."""

from collections.abc import Collection, Mapping
from typing import Final

import orjson
from confluent_kafka.schema_registry import Schema

from bridge.formats.logical_types import conversion
from bridge.formats.paths import MAX_DEPTH, Correction, JsonObject, Path, Step, correct, steps_below
from bridge.formats.schema_registry import ParsedSchemas, SchemaSource, json_of
from bridge.formats.wire import HEADER_BYTES, is_framed, schema_id
from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

KIND: Final = "JSON"
FRAMED: Final = "The value carries a schema id: set VIGIE_BRIDGE_FORMAT to avro, protobuf or json-schema."


def object_of(value: bytes | memoryview) -> JsonObject:
    """One JSON object; raises RefusalError for all else."""
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise _not_json(bytes(value)) from None
    if not isinstance(record, dict):
        raise RefusalError(RejectReason.WRONG_TYPE)
    return record


def _not_json(value: bytes) -> RefusalError:
    if is_framed(value):
        return RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=FRAMED)
    try:
        value.decode()
    except UnicodeDecodeError:
        return RefusalError(RejectReason.INVALID_UTF8)
    return RefusalError(RejectReason.MALFORMED_JSON)


class JsonDecoder:
    """Plain JSON."""

    def decode(self, value: bytes) -> JsonObject:
        """Raises RefusalError for what is not one JSON object in UTF-8."""
        return object_of(value)


class JsonSchemaDecoder:
    """JSON after a schema's id; of the schema only the meaning that Connect gives to values is used.

    Whether a record follows its schema was the writer's to see to; what matters here the mapping checks.
    """

    def __init__(self, source: SchemaSource, needed: Collection[Path]) -> None:
        self._needed = needed
        self._schemas = ParsedSchemas(source, self._prepared)

    def decode(self, value: bytes) -> JsonObject:
        """Raises RefusalError for a value that cannot be read, UnavailableError while its schema is not to be had."""
        corrections = self._schemas.of(schema_id(value))
        record = object_of(memoryview(value)[HEADER_BYTES:])
        correct(record, corrections)
        return record

    def _prepared(self, schema: Schema) -> tuple[Correction, ...]:
        return tuple(_corrections(json_of(schema, KIND), self._needed, ()))


def _corrections(schema: object, needed: Collection[Path], path: Path) -> list[Correction]:
    """What Connect's converter noted: the type's name as title, its parameters beside it."""
    if not isinstance(schema, Mapping) or len(path) > MAX_DEPTH:
        return []
    convert = conversion(schema.get("title"), schema.get("connect.parameters"))
    if path and convert is not None:
        return [Correction(path, convert)]
    found = [each for branch in _branches(schema) for each in _corrections(branch, needed, path)]
    for step, inner in _inner(schema, steps_below(path, needed)):
        found += _corrections(inner, needed, (*path, step))
    return found


def _inner(schema: Mapping[str, object], steps: Collection[Step]) -> list[tuple[Step, object]]:
    """The schemas of what these steps lead to: properties of an object, items of an array, values of a map."""
    properties = schema.get("properties")
    inner: list[tuple[Step, object]] = []
    for step in steps:
        if isinstance(step, int):
            inner.append((step, schema.get("items")))
        elif isinstance(properties, Mapping) and step in properties:
            inner.append((step, properties[step]))
        else:
            inner.append((step, schema.get("additionalProperties")))
    return inner


def _branches(schema: Mapping[str, object]) -> list[object]:
    """An optional field is written as a choice between null and its type."""
    choices = schema.get("oneOf") or schema.get("anyOf")
    return [each for each in choices if isinstance(each, Mapping)] if isinstance(choices, list) else []
