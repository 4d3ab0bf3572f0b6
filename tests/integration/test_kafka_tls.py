"""Kafka over TLS with a private authority: every kind of client connects, and what is wrong is named."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from spark_detector.session import kafka_options
from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import HOST, free_port
from vigie_runtime import ConfigurationError, KafkaSettings, KafkaState, ensure_topics, wait_for_topics
from vigie_schemas import TOPICS, TRANSACTIONS
from vigie_testing.certificates import Certificate, certificate

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class TlsBroker:
    """Listeners of one broker: by TLS, with a client's certificate, and with a certificate for elsewhere."""

    tls: str
    mutual: str
    elsewhere: str
    authority: Certificate
    client: Certificate


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsBroker]:
    folder = tmp_path_factory.mktemp("tls")
    authority = certificate("An authority of the house")
    stores = {}
    for name, address in (("here", HOST), ("elsewhere", "192.0.2.1")):
        server = certificate("kafka", authority, address)
        stores[name] = folder / f"{name}.pem"
        stores[name].write_text(server.key_pem() + server.pem())
    (folder / "ca.pem").write_text(authority.pem())
    ports = {name: free_port() for name in ("PLAINTEXT", "TLS", "MUTUAL", "ELSEWHERE")}
    listeners = ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())
    properties = {
        "listeners": f"{listeners},CONTROLLER://{HOST}:{free_port()}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,ELSEWHERE:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(stores["here"]),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.elsewhere.ssl.keystore.location": str(stores["elsewhere"]),
    }
    broker = EmbeddedKafka(folder / "broker", port=ports["PLAINTEXT"], properties=properties)
    broker.start()
    try:
        broker.wait_ready()
        servers = {name: f"{HOST}:{port}" for name, port in ports.items()}
        client = certificate("vigie", authority)
        yield TlsBroker(servers["TLS"], servers["MUTUAL"], servers["ELSEWHERE"], authority, client)
    finally:
        broker.stop()


def reached(settings: KafkaSettings) -> bool:
    return wait_for_topics(settings, TOPICS, threading.Event(), KafkaState())


def settings_of(servers: str, **given: object) -> KafkaSettings:
    return KafkaSettings.model_validate(
        {"kafka_bootstrap_servers": servers, "kafka_security_protocol": "SSL", "topic_prefix": "tls.", **given}
    )


def by_file(authority: Certificate, folder: Path) -> dict[str, object]:
    path = folder / "authority.pem"
    path.write_text("Bag Attributes\n    friendlyName: authority\n" + authority.pem() + "\n# the end\n")
    return {"kafka_ssl_ca_location": path}


def by_text(authority: Certificate, folder: Path) -> dict[str, object]:
    return {"kafka_ssl_ca_pem": authority.pem()}


def by_one_line(authority: Certificate, folder: Path) -> dict[str, object]:
    return {"kafka_ssl_ca_pem": authority.pem().replace("\n", "\\n")}


@pytest.mark.parametrize("trusting", [by_file, by_text, by_one_line])
def test_librdkafka_and_javas_client_trust_a_private_authority(
    trusting: Callable[[Certificate, Path], dict[str, object]], secured: TlsBroker, spark: SparkSession, tmp_path: Path
) -> None:
    prefix = f"{trusting.__name__}."
    settings = settings_of(secured.tls, **trusting(secured.authority, tmp_path), topic_prefix=prefix)

    assert reached(settings)
    assert sent_and_read_by_spark(settings, spark) == [b"by TLS"]


def test_a_broker_may_ask_for_a_certificate_of_the_client(
    secured: TlsBroker, spark: SparkSession, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    key.write_text(secured.client.key_pem())
    settings = settings_of(
        secured.mutual,
        **by_file(secured.authority, tmp_path),
        kafka_ssl_certificate_pem=secured.client.pem(),
        kafka_ssl_key_location=key,
        topic_prefix="mutual.",
    )

    assert reached(settings)
    assert sent_and_read_by_spark(settings, spark) == [b"by TLS"]


def sent_and_read_by_spark(settings: KafkaSettings, spark: SparkSession) -> list[bytes]:
    producer = Producer(settings.producer_config() | {"log_level": 0})
    producer.produce(settings.topic_name(TRANSACTIONS), b"by TLS")
    assert producer.flush(20) == 0
    options = {**kafka_options(settings), "subscribe": settings.topic_name(TRANSACTIONS)}
    return [bytes(row["value"]) for row in spark.read.format("kafka").options(**options).load().collect()]


def test_an_authority_that_is_not_trusted_is_a_matter_of_a_variable(secured: TlsBroker, tmp_path: Path) -> None:
    other = by_file(certificate("Another authority"), tmp_path)

    for settings in (settings_of(secured.tls), settings_of(secured.tls, **other)):
        with pytest.raises(ConfigurationError, match=r"not trusted .*set KAFKA_SSL_CA_LOCATION or KAFKA_SSL_CA_PEM"):
            reached(settings)


def test_a_missing_certificate_of_the_client_is_a_matter_of_variables(secured: TlsBroker, tmp_path: Path) -> None:
    settings = settings_of(secured.mutual, **by_file(secured.authority, tmp_path))

    with pytest.raises(ConfigurationError, match=r"KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION"):
        reached(settings)


def test_a_certificate_for_another_name_is_said(secured: TlsBroker, tmp_path: Path) -> None:
    settings = settings_of(secured.elsewhere, **by_file(secured.authority, tmp_path))

    with pytest.raises(ConfigurationError, match="name the broker in KAFKA_BOOTSTRAP_SERVERS as the certificate does"):
        reached(settings)


def test_a_key_of_another_certificate_is_a_matter_of_a_variable(secured: TlsBroker, tmp_path: Path) -> None:
    settings = settings_of(
        secured.mutual,
        **by_file(secured.authority, tmp_path),
        kafka_ssl_certificate_pem=secured.client.pem(),
        kafka_ssl_key_pem=secured.authority.key_pem(),
    )

    with pytest.raises(ConfigurationError, match="KAFKA_SSL_KEY_LOCATION or KAFKA_SSL_KEY_PEM cannot be used"):
        ensure_topics(settings, TOPICS)
