"""Schemas of Protobuf as files of descriptors: as registries serialise them, or as text."""

import base64
import binascii
from typing import Final

from confluent_kafka.schema_registry.confluent import meta_pb2
from confluent_kafka.schema_registry.confluent.type import decimal_pb2 as confluent_decimal_pb2
from confluent_kafka.schema_registry.confluent.types import decimal_pb2 as legacy_decimal_pb2
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError
from google.type import date_pb2, datetime_pb2, decimal_pb2, latlng_pb2, money_pb2, timeofday_pb2

from bridge.formats.proto_text import parse_proto

KNOWN: Final = {
    module.DESCRIPTOR.name: module.DESCRIPTOR
    for module in (
        any_pb2,
        confluent_decimal_pb2,
        date_pb2,
        datetime_pb2,
        decimal_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        latlng_pb2,
        legacy_decimal_pb2,
        meta_pb2,
        money_pb2,
        struct_pb2,
        timeofday_pb2,
        timestamp_pb2,
        wrappers_pb2,
    )
}
"""What schemas import without a registry having it."""


def known_file(name: str) -> FileDescriptorProto | None:
    """One of the files that everybody has, by the name that imports use."""
    descriptor = KNOWN.get(name)
    if descriptor is None:
        return None
    file = FileDescriptorProto()
    descriptor.CopyToProto(file)
    return file


def file_of(name: str, text: str) -> FileDescriptorProto:
    """A schema as a file of this name; raises ValueError where it is neither serialised nor text.

    Confluent's registry and Karapace serialise when asked to; Apicurio returns what was registered, which is text
    where Java wrote it.
    """
    file = FileDescriptorProto()
    try:
        file.ParseFromString(base64.b64decode(text, validate=True))
    except (binascii.Error, DecodeError):
        file = parse_proto(text)
    file.name = name
    return file
