"""Schemas at hand, and mappings for the shapes that are tried."""

from collections.abc import Callable

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference

from bridge.formats.schema_registry import UNKNOWN_SCHEMA
from bridge.refusals import RefusalError
from vigie_intake.mapping import Mapping
from vigie_schemas import RejectReason


class KnownSchemas:
    """Schemas by id and by subject, as a registry has them."""

    def __init__(self, **subjects: Schema) -> None:
        self.by_id: dict[int, Schema] = {}
        self.subjects = subjects
        self.asked = 0

    def schema(self, schema_id: int) -> Schema:
        self.asked += 1
        if schema_id not in self.by_id:
            raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNKNOWN_SCHEMA)
        return self.by_id[schema_id]

    def referenced(self, reference: SchemaReference) -> Schema:
        return self.subjects[reference.subject or ""]


@pytest.fixture(scope="session")
def known_schemas() -> type[KnownSchemas]:
    """Makes a registry's worth of schemas."""
    return KnownSchemas


@pytest.fixture
def schemas() -> KnownSchemas:
    return KnownSchemas()


@pytest.fixture(scope="session")
def framed() -> Callable[[int, bytes], bytes]:
    """A value in the wire format."""
    return lambda schema_id, value: b"\0" + schema_id.to_bytes(4, "big") + value


@pytest.fixture(scope="session")
def mapping() -> Callable[..., Mapping]:
    """A mapping whose columns lie under a prefix, such as `after.`."""

    def make(prefix: str = "", **changes: object) -> Mapping:
        parts = {
            "timestamp": {"column": f"{prefix}at"},
            "account_id": {"column": f"{prefix}account"},
            "amount": {"column": f"{prefix}amount"},
        }
        return Mapping.model_validate(parts | changes)

    return make
