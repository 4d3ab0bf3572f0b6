"""Schemas by their id, fetched once each from a schema registry of Confluent's kind."""

import json
import re
import ssl
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import httpx2
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from bridge.refusals import RefusalError
from vigie_runtime import ConfigurationError, UnavailableError
from vigie_schemas import RejectReason

REQUEST_TIMEOUT_SECONDS = 5
NOT_FOUND = 404
REFUSED_LOGIN = (401, 403)
TLS_FILES = "SCHEMA_REGISTRY_CA_FILE, SCHEMA_REGISTRY_CERTIFICATE_FILE and SCHEMA_REGISTRY_KEY_FILE"
ADVICE = "Check that it runs, and SCHEMA_REGISTRY_URL, SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD."
TLS_ADVICE = (
    "The two do not trust each other: SCHEMA_REGISTRY_CA_FILE names who signed its certificate, and where it asks for "
    "one of yours, SCHEMA_REGISTRY_CERTIFICATE_FILE and SCHEMA_REGISTRY_KEY_FILE name that."
)
UNKNOWN_SCHEMA = "The schema registry has no schema of this id: is it the one of those who write the topic?"
UNUSABLE_SCHEMA = "The schema of this id is none that can be read here."

_CREDENTIALS = re.compile(r"://[^@/,]*@")

Parsed = TypeVar("Parsed")


class SchemaSource(Protocol):
    """Where schemas come from."""

    def schema(self, schema_id: int) -> Schema:
        """By id; raises RefusalError where there is none, and UnavailableError where no answer is to be had now."""
        ...

    def referenced(self, reference: SchemaReference) -> Schema:
        """One that another schema refers to."""
        ...


class SchemaRegistry:
    """Asks the server; `waiting_for` says what the last question lacked an answer for."""

    def __init__(self, address: str, options: dict[str, object]) -> None:
        """`options` are those of confluent-kafka's client. Raises ConfigurationError where they cannot be used."""
        self.shown_address = _CREDENTIALS.sub("://", address)
        try:
            self._client = SchemaRegistryClient(
                {"url": address, "max.retries": 0, "timeout": REQUEST_TIMEOUT_SECONDS, **options}
            )
        except (ValueError, TypeError, OSError) as error:
            raise ConfigurationError(
                f"The schema registry's settings cannot be used ({error}). Check SCHEMA_REGISTRY_URL and the files "
                f"that {TLS_FILES} name."
            ) from None
        self.waiting_for: str | None = None
        self.schemas = 0
        """Fetched since the start."""

    def schema(self, schema_id: int) -> Schema:
        """By id; raises RefusalError where there is none, and UnavailableError where no answer is to be had now."""
        # Protobuf as a descriptor instead of text; the other formats have no such form and ignore the wish
        return self._asked(lambda: self._client.get_schema(schema_id, fmt="serialized"))

    def referenced(self, reference: SchemaReference) -> Schema:
        """One that another schema refers to; errors as for `schema`."""
        subject, version = reference.subject or "", reference.version or 0
        return self._asked(lambda: self._client.get_version(subject, version, True, fmt="serialized").schema)

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _asked(self, ask: Callable[[], Schema]) -> Schema:
        try:
            found = ask()
        except SchemaRegistryError as error:
            if error.http_status_code == NOT_FOUND and isinstance(error.error_code, int) and error.error_code > 0:
                self.waiting_for = None
                raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNKNOWN_SCHEMA) from None
            raise self._unavailable(_explained(error)) from None
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise self._unavailable(
                f"{type(error).__name__}: {error}", TLS_ADVICE if _is_of_tls(error) else ADVICE
            ) from None
        self.waiting_for = None
        self.schemas += 1
        return found

    def _unavailable(self, reason: str, advice: str = ADVICE) -> UnavailableError:
        self.waiting_for = f"The schema registry at {self.shown_address} gives no schema ({reason}). {advice}"
        return UnavailableError(self.waiting_for)


class ParsedSchemas(Generic[Parsed]):
    """What is made of each schema, once; those that cannot be used are remembered too."""

    def __init__(self, source: SchemaSource, parse: Callable[[Schema], Parsed]) -> None:
        self._source = source
        self._parse = parse
        self._parsed: dict[int, Parsed | RefusalError] = {}

    def of(self, schema_id: int) -> Parsed:
        """Raises RefusalError for an id without a usable schema, and UnavailableError while none is to be had."""
        found = self._parsed.get(schema_id)
        if found is None:
            found = self._parsed[schema_id] = self._fetched(schema_id)
        if isinstance(found, RefusalError):
            raise RefusalError(found.reason, found.path, hint=found.hint)
        return found

    def _fetched(self, schema_id: int) -> Parsed | RefusalError:
        try:
            return self._parse(self._source.schema(schema_id))
        except RefusalError as refused:
            if refused.hint == UNKNOWN_SCHEMA:  # may be registered in a moment
                raise
            return refused


def text_of(schema: Schema, kind: str) -> str:
    """The schema's text; raises RefusalError where it is one of another format."""
    if (schema.schema_type or "AVRO") != kind or schema.schema_str is None:
        hint = f"Its schema is of type {schema.schema_type}: set VIGIE_BRIDGE_FORMAT accordingly."
        raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=hint)
    return schema.schema_str


def json_of(schema: Schema, kind: str) -> object:
    """The schema as JSON; raises RefusalError where it is none."""
    try:
        return json.loads(text_of(schema, kind))
    except ValueError:
        raise RefusalError(RejectReason.SCHEMA_REGISTRY_FRAMING, hint=UNUSABLE_SCHEMA) from None


def _explained(error: SchemaRegistryError) -> str:
    if error.http_status_code in REFUSED_LOGIN:
        return f"it refuses the login with {error.http_status_code}"
    return f"it answered {error.http_status_code}: {error.error_message}"


def _is_of_tls(error: BaseException | None) -> bool:
    """Whether TLS is what failed, at the bottom of what the client made of it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
