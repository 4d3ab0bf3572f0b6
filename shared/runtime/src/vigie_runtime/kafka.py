"""Kafka client settings and topic creation, the same for every service."""

import re
import time
from collections.abc import Sequence
from typing import Literal

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic, TopicMetadata
from pydantic import Field, SecretStr, field_validator

from vigie_runtime.errors import UnavailableError
from vigie_runtime.settings import ServiceSettings
from vigie_schemas import Topic

DEFAULT_PORT = 9092
"""Kafka's own."""
PORT = re.compile(r":[0-9]+$")


class KafkaSettings(ServiceSettings):
    """How to reach Kafka, local or managed."""

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="host:port, comma separated; port 9092 if left out.",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL", description="As the broker asks for."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", validation_alias="KAFKA_SASL_MECHANISM", description="With a SASL protocol only."
    )
    kafka_sasl_username: str | None = Field(
        default=None, validation_alias="KAFKA_SASL_USERNAME", description="With a SASL protocol only."
    )
    kafka_sasl_password: SecretStr | None = Field(
        default=None, validation_alias="KAFKA_SASL_PASSWORD", description="With a SASL protocol only."
    )
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of topics that Vigie creates.")

    topic_prefix: str = Field(
        default="", pattern="^[A-Za-z0-9._-]*$", description="Before each topic's name, to share one cluster."
    )

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _with_ports(cls, value: str) -> str:
        """Some platforms tell a private server's host only, and Java's client asks for a port."""
        servers = (server.strip() for server in value.split(","))
        return ",".join(server if PORT.search(server) else f"{server}:{DEFAULT_PORT}" for server in servers)

    def topic_name(self, topic: Topic) -> str:
        """Name of a topic on this cluster."""
        return self.topic_prefix + topic.name

    def client_config(self) -> dict[str, str | int | float | bool]:
        """Settings every librdkafka client needs to connect."""
        config: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.kafka_bootstrap_servers,
            "security.protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.startswith("SASL"):
            config["sasl.mechanism"] = self.kafka_sasl_mechanism
            config["sasl.username"] = self.kafka_sasl_username or ""
            config["sasl.password"] = self.kafka_sasl_password.get_secret_value() if self.kafka_sasl_password else ""
        return config

    def producer_config(self, *, linger_ms: float = 2) -> dict[str, str | int | float | bool]:
        """Idempotent producer: no loss, no repeat and no reordering on retries."""
        return self.client_config() | {
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": linger_ms,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",  # as Java's clients do: one account, one partition, whoever writes
        }

    def consumer_config(
        self, group: str, *, from_start: bool = True, commit: bool = False
    ) -> dict[str, str | int | float | bool]:
        """Consumer of a group; offsets are committed by hand unless `commit`."""
        return self.client_config() | {
            "group.id": group,
            "auto.offset.reset": "earliest" if from_start else "latest",
            "enable.auto.commit": commit,
            "fetch.wait.max.ms": 20,
        }


def ensure_topics(settings: KafkaSettings, topics: Sequence[Topic], *, timeout_seconds: float = 30) -> None:
    """Create the topics that are missing; raise UnavailableError when the broker does not answer in time."""
    admin = AdminClient(settings.client_config())
    try:
        existing = admin.list_topics(timeout=timeout_seconds).topics
    except KafkaException as error:
        raise UnavailableError(
            f"Kafka does not answer at {settings.kafka_bootstrap_servers} ({error}). "
            "Start it with `make run` or set KAFKA_BOOTSTRAP_SERVERS."
        ) from None
    missing = [
        NewTopic(
            settings.topic_name(topic),
            num_partitions=topic.partitions,
            replication_factor=settings.kafka_replication,
            config=topic.config,
        )
        for topic in topics
        if settings.topic_name(topic) not in existing
    ]
    for future in (admin.create_topics(missing) if missing else {}).values():
        try:
            future.result(timeout=timeout_seconds)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another service was first
                raise UnavailableError(f"Kafka refused to create a topic: {error}") from None
    _wait_for_leaders(admin, [settings.topic_name(topic) for topic in topics], timeout_seconds)


def _wait_for_leaders(admin: AdminClient, names: Sequence[str], timeout_seconds: float) -> None:
    """A topic just created refuses its first readers until each partition has a leader."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        known = admin.list_topics(timeout=timeout_seconds).topics
        waiting = [name for name in names if name not in known or not _is_led(known[name])]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise UnavailableError(f"Kafka has no leader for {', '.join(waiting)}: look at the brokers.")
        time.sleep(0.02)


def _is_led(topic: TopicMetadata) -> bool:
    return bool(topic.partitions) and all(p.leader >= 0 and p.error is None for p in topic.partitions.values())
