"""The Confluent wire format: a zero byte and the schema's id before each value."""

from typing import Final

from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

MAGIC: Final = 0
HEADER_BYTES: Final = 5
NOT_FRAMED: Final = "There is no schema id before the record: set VIGIE_BRIDGE_FORMAT=json where values are plain JSON."


def schema_id(value: bytes) -> int:
    """The id; raises RefusalError where the value is not in the wire format."""
    if len(value) < HEADER_BYTES or value[0] != MAGIC:
        raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=NOT_FRAMED)
    return int.from_bytes(value[1:HEADER_BYTES], "big")


def is_framed(value: bytes) -> bool:
    """Whether a value begins as the wire format does, which no JSON can."""
    return len(value) > HEADER_BYTES and value[0] == MAGIC
