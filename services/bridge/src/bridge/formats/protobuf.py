"""Protobuf values by the schema they were written with; only the fields that a mapping needs are taken out."""

from collections.abc import Collection, Sequence
from typing import Final

from confluent_kafka.schema_registry import Schema
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from bridge.formats.paths import JsonObject, Path
from bridge.formats.protobuf_fields import MessageReader, message_reader
from bridge.formats.protobuf_files import file_of, known_file
from bridge.formats.schema_registry import UNUSABLE_SCHEMA, ParsedSchemas, SchemaSource, text_of
from bridge.formats.wire import HEADER_BYTES, schema_id
from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

KIND: Final = "PROTOBUF"
FIRST_MESSAGE: Final = (0,)
MAX_INDEXES: Final = 32
MAX_VARINT_BITS: Final = 63
OWN_FILE: Final = "value.proto"
MARKS: Final[tuple[Path, ...]] = (("op",), ("__op",), ("__deleted",))
"""What Debezium's events tell of themselves, needed beside the mapping's paths."""
DAMAGED: Final = "The bytes do not fit the schema they name."


class ProtobufDecoder:
    """Records of the needed paths; a message that is not set is None, an empty text too."""

    def __init__(self, source: SchemaSource, needed: Collection[Path]) -> None:
        self._source = source
        self._needed = (*needed, *MARKS)
        self._files = ParsedSchemas(source, self._pool)
        self._readers: dict[tuple[int, Path | tuple[int, ...]], tuple[type[Message], MessageReader]] = {}

    def decode(self, value: bytes) -> JsonObject:
        """Raises RefusalError for a value that cannot be read, UnavailableError while its schema is not to be had."""
        number = schema_id(value)
        try:
            indexes, start = message_indexes(value, HEADER_BYTES)
        except (IndexError, ValueError):
            raise RefusalError(RejectReason.WRONG_TYPE, hint=DAMAGED) from None
        kind, read = self._reader(number, indexes)
        message = kind()
        try:
            message.ParseFromString(value[start:])
            return read(message)
        except (DecodeError, ValueError, OverflowError):
            raise RefusalError(RejectReason.WRONG_TYPE, hint=DAMAGED) from None

    def _reader(self, number: int, indexes: tuple[int, ...]) -> tuple[type[Message], MessageReader]:
        found = self._readers.get((number, indexes))
        if found is None:
            descriptor = _message(self._files.of(number), indexes)
            found = GetMessageClass(descriptor), message_reader(descriptor, self._needed)
            self._readers[(number, indexes)] = found
        return found

    def _pool(self, schema: Schema) -> DescriptorPool:
        pool, known = DescriptorPool(), set[str]()
        try:
            self._add(OWN_FILE, schema, pool, known)
        except (TypeError, ValueError, KeyError, DecodeError):
            raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNUSABLE_SCHEMA) from None
        return pool

    def _add(self, name: str, schema: Schema, pool: DescriptorPool, known: set[str]) -> None:
        """A file after those it imports: of other subjects, or of Google's own."""
        for reference in schema.references or []:
            if reference.name and reference.name not in known and known_file(reference.name) is None:
                known.add(reference.name)
                self._add(reference.name, self._source.referenced(reference), pool, known)
        file = file_of(name, text_of(schema, KIND))
        for imported in file.dependency:
            _add_known(imported, pool, known)
        pool.Add(file)


def _add_known(name: str, pool: DescriptorPool, known: set[str]) -> None:
    file = known_file(name)
    if file is None or name in known:
        return
    known.add(name)
    for imported in file.dependency:
        _add_known(imported, pool, known)
    pool.Add(file)


def message_indexes(value: bytes, start: int) -> tuple[tuple[int, ...], int]:
    """Which message of the schema's file it is, counted level by level, and where the message begins.

    Raises IndexError or ValueError where the bytes are none of it.
    """
    count, at = _zigzag(value, start)
    if count == 0:
        return FIRST_MESSAGE, at
    if not 0 < count <= MAX_INDEXES:
        raise ValueError("no sensible number of message indexes")
    indexes: list[int] = []
    for _ in range(count):
        index, at = _zigzag(value, at)
        indexes.append(index)
    return tuple(indexes), at


def _zigzag(value: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        byte = value[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7
        if shift > MAX_VARINT_BITS:
            raise ValueError("no variable-length number")


def _message(pool: DescriptorPool, indexes: Sequence[int]) -> Descriptor:
    """By its place in the file; raises RefusalError where there is none."""
    level = list(pool.FindFileByName(OWN_FILE).message_types_by_name.values())
    found: Descriptor | None = None
    for index in indexes:
        if not 0 <= index < len(level):
            raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint="The schema has no such message.")
        found = level[index]
        level = list(found.nested_types)
    if found is None:
        raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=DAMAGED)
    return found
