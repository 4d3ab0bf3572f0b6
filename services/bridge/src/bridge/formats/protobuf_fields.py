"""How each needed field of a Protobuf message becomes a plain value: compiled once for each message type."""

from collections.abc import Callable, Collection
from datetime import UTC, date
from decimal import Decimal
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from bridge.formats.logical_types import unscaled
from bridge.formats.paths import JsonObject, Path

MessageReader = Callable[[Message], JsonObject]
FieldReader = Callable[[Message], object]

MONEY: Final = "google.type.Money"
NANOS: Final = Decimal(10**9)


def message_reader(descriptor: Descriptor, needed: Collection[Path]) -> MessageReader:
    """A function that takes the needed paths out of a message of this type."""
    fields = [
        (field.name, _field_reader(field, below))
        for field in descriptor.fields
        if (below := {path[1:] for path in needed if path[:1] == (field.name,)})
    ]

    def read(message: Message) -> JsonObject:
        return {name: take(message) for name, take in fields}

    return read


def _field_reader(field: FieldDescriptor, below: set[Path]) -> FieldReader:
    name = field.name
    if field.is_repeated:
        return _repeated_reader(field, below)
    if (kind := field.message_type) is not None:
        read = _message_value(kind, below)
        return _where_set(field, lambda message: read(getattr(message, name)))
    if field.enum_type is not None:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return _where_set(field, lambda message: names.get(getattr(message, name), str(getattr(message, name))))
    if field.type == FieldDescriptor.TYPE_STRING and not field.has_presence:
        return lambda message: getattr(message, name) or None
    return _where_set(field, lambda message: getattr(message, name))


def _repeated_reader(field: FieldDescriptor, below: set[Path]) -> FieldReader:
    """A list, or for a map what stands under the needed keys."""
    name, kind = field.name, field.message_type
    if kind is None:
        return lambda message: list(getattr(message, name))
    inner = {path[1:] for path in below}
    if not kind.GetOptions().map_entry:
        read = _message_value(kind, inner)
        return lambda message: [read(each) for each in getattr(message, name)]
    value_kind = kind.fields_by_name["value"].message_type
    read = (lambda value: value) if value_kind is None else _message_value(value_kind, inner)
    return lambda message: {str(key): read(value) for key, value in getattr(message, name).items()}


def _message_value(kind: Descriptor, below: set[Path]) -> Callable[[Message], object]:
    meaning = MEANINGS.get(kind.full_name)
    return meaning if meaning is not None and () in below else message_reader(kind, below)


def _where_set(field: FieldDescriptor, take: FieldReader) -> FieldReader:
    if not field.has_presence:
        return take
    name = field.name
    return lambda message: take(message) if message.HasField(name) else None


def _day(value: Message) -> date:
    return date(value.year, value.month, value.day)  # pyright: ignore[reportAttributeAccessIssue]


def _money(value: Message) -> object:
    units, nanos = value.units, value.nanos  # pyright: ignore[reportAttributeAccessIssue]
    return units + nanos / NANOS


def _decimal(value: Message) -> object:
    return unscaled(value.value, value.scale)  # pyright: ignore[reportAttributeAccessIssue]


def _wrapped(value: Message) -> object:
    return value.value  # pyright: ignore[reportAttributeAccessIssue]


MEANINGS: Final[dict[str, Callable[[Message], object]]] = {
    "google.protobuf.Timestamp": lambda value: value.ToDatetime(UTC),  # pyright: ignore[reportAttributeAccessIssue]
    "google.type.Date": _day,
    "google.type.Decimal": _wrapped,
    MONEY: _money,
    "confluent.type.Decimal": _decimal,
    **{
        f"google.protobuf.{kind}Value": _wrapped
        for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
    },
}
"""Message types that mean one value, where a mapping names the field itself and not something in it."""
