"""What each answer of a schema registry means: a schema, no such schema, or wait."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema

from bridge.formats.schema_registry import UNKNOWN_SCHEMA, ParsedSchemas, SchemaRegistry
from bridge.refusals import RefusalError
from bridge.settings import BridgeSettings
from vigie_runtime import ConfigurationError, UnavailableError
from vigie_testing.certificates import Certificate, certificate


@contextmanager
def answering(code: int, body: object, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server that always answers this; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization", ""))
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_schema_is_fetched_with_the_log_in() -> None:
    login = {"basic.auth.user.info": "ana:a:b"}
    with (
        answering(200, {"schema": '"string"', "schemaType": "AVRO"}) as (url, asked),
        closing(SchemaRegistry(url, login)) as registry,
    ):
        assert registry.schema(1).schema_str == '"string"'

    assert asked == ["Basic YW5hOmE6Yg=="]


@pytest.fixture
def authority() -> Certificate:
    """A company's own."""
    return certificate("authority")


def written(folder: Path, name: str, *pems: str) -> str:
    (folder / name).write_text("".join(pems))
    return str(folder / name)


def served(folder: Path, authority: Certificate, *, asks_for_certificates: bool = False) -> ssl.SSLContext:
    """What a registry with a certificate of the authority's serves with."""
    own = certificate("registry", authority, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(written(folder, "registry.pem", own.pem(), own.key_pem()))
    if asks_for_certificates:
        context.load_verify_locations(cadata=authority.pem())
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def options(folder: Path, authority: Certificate) -> dict[str, object]:
    """Those of a bridge that trusts the authority, and has a certificate of its own."""
    own = certificate("bridge", authority)
    settings = BridgeSettings(
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9",
        bridge_topic="payments",
        bridge_mapping_text="version = 1",
        bridge_format="avro",
        SCHEMA_REGISTRY_URL="https://127.0.0.1:9",
        SCHEMA_REGISTRY_CA_FILE=written(folder, "ca.pem", authority.pem()),
        SCHEMA_REGISTRY_CERTIFICATE_FILE=written(folder, "bridge.pem", own.pem()),
        SCHEMA_REGISTRY_KEY_FILE=written(folder, "bridge.key", own.key_pem()),
    )
    return settings.schema_registry_options()


@pytest.mark.parametrize("asks_for_certificates", [False, True])
def test_a_registry_of_a_private_authority_is_trusted(
    tmp_path: Path, authority: Certificate, asks_for_certificates: bool
) -> None:
    tls = served(tmp_path, authority, asks_for_certificates=asks_for_certificates)
    with (
        answering(200, {"schema": '"string"', "schemaType": "AVRO"}, tls) as (url, _),
        closing(SchemaRegistry(url, options(tmp_path, authority))) as registry,
    ):
        assert registry.schema(1).schema_str == '"string"'


def test_a_registry_that_nobody_vouches_for_is_not_believed(tmp_path: Path, authority: Certificate) -> None:
    """Its answer would decide what a payment says."""
    with (
        answering(200, {"schema": '"string"', "schemaType": "AVRO"}, served(tmp_path, authority)) as (url, asked),
        closing(SchemaRegistry(url, options(tmp_path, certificate("another")))) as registry,
        pytest.raises(UnavailableError, match="SCHEMA_REGISTRY_CA_FILE"),
    ):
        registry.schema(1)

    assert not asked


def test_a_registry_that_asks_for_a_certificate_says_so(tmp_path: Path, authority: Certificate) -> None:
    tls = served(tmp_path, authority, asks_for_certificates=True)
    trusting = {"ssl.ca.location": written(tmp_path, "ca.pem", authority.pem())}
    with (
        answering(200, {}, tls) as (url, asked),
        closing(SchemaRegistry(url, trusting)) as registry,
        pytest.raises(UnavailableError, match="SCHEMA_REGISTRY_CERTIFICATE_FILE"),
    ):
        registry.schema(1)

    assert not asked


def test_an_unknown_id_is_the_records_fault() -> None:
    with (
        answering(404, {"error_code": 40403, "message": "Schema not found"}) as (url, _),
        closing(SchemaRegistry(url, {})) as registry,
        pytest.raises(RefusalError) as refusal,
    ):
        registry.schema(1)

    assert refusal.value.hint == UNKNOWN_SCHEMA


@pytest.mark.parametrize(
    ("code", "body", "said"),
    [
        (401, {"error_code": 401, "message": "Unauthorized"}, "refuses the login"),
        (403, {"error_code": 40301, "message": "Forbidden"}, "refuses the login"),
        (500, {"error_code": 50001, "message": "Error in the backend"}, "500"),
        (503, "starting", "503"),
        (404, {"title": "no such page"}, "404"),
    ],
)
def test_everything_else_is_waited_for(code: int, body: object, said: str) -> None:
    """A wrong address or a refused log-in is no reason to drop what was written meanwhile."""
    with answering(code, body) as (url, _), closing(SchemaRegistry(url, {})) as registry:
        with pytest.raises(UnavailableError, match=said):
            registry.schema(1)

        assert said in (registry.waiting_for or "")


def test_a_password_in_the_address_is_not_shown() -> None:
    with closing(SchemaRegistry("http://ana:secret@127.0.0.1:9", {})) as registry:
        with pytest.raises(UnavailableError):
            registry.schema(1)

        assert "secret" not in f"{registry.waiting_for}{registry.shown_address}"


@pytest.mark.parametrize("options", [{"ssl.ca.location": "/no/such/file.pem"}, {"ssl.key.location": "/no/such.pem"}])
def test_files_that_cannot_be_used_are_named_by_variable(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="SCHEMA_REGISTRY_CA_FILE"):
        SchemaRegistry("https://127.0.0.1:9", options)


def test_what_is_made_of_a_schema_is_kept(known_schemas: Callable[[], object]) -> None:
    schemas = known_schemas()
    schemas.by_id[1] = Schema("text", "AVRO")  # pyright: ignore[reportAttributeAccessIssue]
    parsed = ParsedSchemas(schemas, lambda schema: [schema.schema_str])  # pyright: ignore[reportArgumentType]

    assert parsed.of(1) is parsed.of(1)
