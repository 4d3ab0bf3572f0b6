"""The bridge with a real schema registry: confluent-kafka's own serializers write, the bridge reads."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import parse_schema, schemaless_writer
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from bridge.formats.avro import AvroDecoder
from bridge.formats.decoder import WireFormat
from bridge.formats.json_records import JsonSchemaDecoder
from bridge.formats.paths import path_of
from bridge.formats.proto_text import parse_proto
from bridge.formats.protobuf import ProtobufDecoder
from bridge.formats.protobuf_files import known_file
from bridge.formats.schema_registry import UNKNOWN_SCHEMA, SchemaRegistry
from bridge.refusals import RefusalError
from bridge.service import Bridge
from bridge.settings import BridgeSettings
from vigie_intake.mapping import Mapping
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_testing.kafka_topics import create_topic
from vigie_testing.ports import free_port
from vigie_testing.schema_registry import LocalSchemaRegistry, schema_registry_binary
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

CONTEXT = SerializationContext("payments", MessageField.VALUE)
NEEDED = [path_of(column) for column in ("at", "account", "amount", "currency")]
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
OLDER = {
    "type": "record",
    "name": "Payment",
    "namespace": "shop",
    "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "account", "type": "string"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    ],
}
NEWER = OLDER | {"fields": [{"name": "currency", "type": "string", "default": "EUR"}, *OLDER["fields"]]}
ROW = {"at": AT, "account": "acct-1", "amount": Decimal("12.34")}
PROTO = """
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Note { string text = 1; }
message Payment { google.protobuf.Timestamp at = 1; string account = 2; double amount = 3; }
"""


@pytest.fixture
def client(schema_registry: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": schema_registry}) as client:
        yield client


@pytest.fixture
def schemas(schema_registry: str) -> Iterator[SchemaRegistry]:
    with closing(SchemaRegistry(schema_registry, {})) as schemas:
        yield schemas


def test_avro_of_older_and_newer_writers(client: SchemaRegistryClient, schemas: SchemaRegistry) -> None:
    decode = AvroDecoder(schemas, NEEDED).decode
    older, newer = (
        AvroSerializer(client, json.dumps(each), conf={"subject.name.strategy.type": "TOPIC"})
        for each in (OLDER, NEWER)
    )

    assert decode(older(ROW, CONTEXT)) == ROW
    assert decode(newer(ROW | {"currency": "GBP"}, CONTEXT)) == ROW | {"currency": "GBP"}
    assert decode(older(ROW, CONTEXT)) == ROW
    assert schemas.schemas == 2


def test_avro_with_a_type_of_another_subject(client: SchemaRegistryClient, schemas: SchemaRegistry) -> None:
    money = {"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "amount", "type": "int"}]}
    payment = {
        "type": "record",
        "name": "Paid",
        "namespace": "shop",
        "fields": [{"name": "sum", "type": "shop.Money"}],
    }
    client.register_schema("shop.Money", Schema(json.dumps(money), "AVRO"))
    schema = Schema(json.dumps(payment), "AVRO", [SchemaReference("shop.Money", "shop.Money", 1)])
    number = client.register_schema("paid-value", schema)

    found = AvroDecoder(schemas, [path_of("sum.amount")]).decode(b"\0" + number.to_bytes(4, "big") + b"\x0e")

    assert found == {"sum": {"amount": 7}}


def test_json_schema(client: SchemaRegistryClient, schemas: SchemaRegistry) -> None:
    schema = {"title": "Payment", "type": "object", "properties": {"amount": {"type": "number"}}}
    serialize = JSONSerializer(json.dumps(schema), client, conf={"subject.name.strategy.type": "TOPIC"})
    context = SerializationContext("payments-json", MessageField.VALUE)

    assert JsonSchemaDecoder(schemas, NEEDED).decode(serialize({"amount": 12.5}, context)) == {"amount": 12.5}


def payment_type() -> Any:
    pool = DescriptorPool()
    pool.Add(known_file("google/protobuf/timestamp.proto"))
    file = parse_proto(PROTO)
    file.name = "shop.proto"
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("shop.Payment"))


def test_protobuf_as_python_registers_it(client: SchemaRegistryClient, schemas: SchemaRegistry) -> None:
    kind = payment_type()
    conf = {"use.deprecated.format": False, "subject.name.strategy.type": "TOPIC"}
    serialize = ProtobufSerializer(kind, client, conf | {"skip.known.types": True})
    context = SerializationContext("payments-proto", MessageField.VALUE)
    value = serialize(kind(at=AT, account="acct-1", amount=12.5), context)

    record = ProtobufDecoder(schemas, NEEDED).decode(value)

    assert record == {"at": AT, "account": "acct-1", "amount": 12.5}


def test_protobuf_as_java_registers_it(client: SchemaRegistryClient, schemas: SchemaRegistry) -> None:
    """Java's serializer registers text; this registry returns text, whatever form is asked for."""
    number = client.register_schema("payments-java-value", Schema(PROTO, "PROTOBUF"))
    message = payment_type()(at=AT, account="acct-1", amount=12.5).SerializeToString()

    record = ProtobufDecoder(schemas, NEEDED).decode(b"\0" + number.to_bytes(4, "big") + b"\2\2" + message)

    assert record == {"at": AT, "account": "acct-1", "amount": 12.5}


def test_an_unknown_id_is_refused_and_asked_for_again(schema_registry: str, schemas: SchemaRegistry) -> None:
    value = b"\0" + (999_999).to_bytes(4, "big") + b"\0x"

    for decoder in (AvroDecoder(schemas, NEEDED), ProtobufDecoder(schemas, NEEDED), JsonSchemaDecoder(schemas, NEEDED)):
        with pytest.raises(RefusalError) as refusal:
            decoder.decode(value)
        assert refusal.value.hint == UNKNOWN_SCHEMA
    assert schemas.waiting_for is None


def test_a_registry_that_is_away_is_waited_for(tmp_path: Path) -> None:
    if not schema_registry_binary().exists():
        pytest.skip("no schema registry to start: see CONTRIBUTING.md")
    server = LocalSchemaRegistry(tmp_path, port=free_port())
    with closing(SchemaRegistry(server.url, {})) as schemas:
        with pytest.raises(UnavailableError, match="gives no schema"):
            schemas.schema(1)
        assert server.url in (schemas.waiting_for or "")

        server.start()
        try:
            with SchemaRegistryClient({"url": server.url}) as client:
                number = client.register_schema("a-value", Schema(json.dumps(OLDER), "AVRO"))
            assert schemas.schema(number).schema_type == "AVRO"
            assert schemas.waiting_for is None
        finally:
            server.stop()


@contextmanager
def forwarding(port: int, url: str) -> Iterator[None]:
    """A door to a server: what comes to the port goes there."""

    class Forward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = httpx2.get(f"http://127.0.0.1:{urlsplit(url).port}{self.path}", trust_env=False)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Forward) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            door.shutdown()


def test_the_bridge_waits_for_the_registry_and_loses_nothing(kafka: KafkaSettings, tmp_path: Path) -> None:
    if not schema_registry_binary().exists():
        pytest.skip("no schema registry to start: see CONTRIBUTING.md")
    topic = f"{kafka.topic_prefix}avro"
    create_topic(AdminClient(kafka.client_config()), topic, 1)
    out = io.BytesIO()
    schemaless_writer(out, parse_schema(OLDER), ROW)
    producer = Producer(kafka.producer_config())
    for number in (1, 99, 1):  # the id that a fresh registry gives first, and one it does not have
        producer.produce(topic, b"\0" + number.to_bytes(4, "big") + out.getvalue())
    assert producer.flush(30) == 0
    server, door = LocalSchemaRegistry(tmp_path, port=free_port()), free_port()
    url = server.url.replace(str(urlsplit(server.url).port), str(door))
    columns = {"timestamp": {"column": "at"}, "account_id": {"column": "account"}, "amount": {"column": "amount"}}
    settings = BridgeSettings(
        KAFKA_BOOTSTRAP_SERVERS=kafka.kafka_bootstrap_servers,  # pyright: ignore[reportCallIssue] - by its alias
        SCHEMA_REGISTRY_URL=url,  # pyright: ignore[reportCallIssue] - by its alias
        topic_prefix=kafka.topic_prefix,
        data_dir=tmp_path,
        bridge_topic=topic,
        bridge_format=WireFormat.AVRO,
        bridge_mapping_text="given below",
    )
    bridge, stop = Bridge(settings, Mapping.model_validate(columns)), threading.Event()
    thread = threading.Thread(target=bridge.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: url in str(bridge.status()["waiting_for"]), what="the wait", seen=bridge.status)
        assert bridge.status()["ready"] is False
        server.start()
        with SchemaRegistryClient({"url": server.url}) as client:
            assert client.register_schema("first-value", Schema(json.dumps(OLDER), "AVRO")) == 1
        with forwarding(door, server.url):  # only now: before, the registry would not have known the id
            wait_until(lambda: bridge.status()["read_total"] == 3, what="all records", seen=bridge.status)
            wait_until(lambda: bridge.status()["ready"], what="that it is ready", seen=bridge.status)
            status = bridge.status()
    finally:
        stop.set()
        thread.join(30)
        server.stop()

    assert (status["transactions_total"], status["dead_letters"]) == (2, {"schema_registry_framing": 1})
