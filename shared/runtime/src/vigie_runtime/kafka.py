"""How to reach Kafka, and the settings of its clients: the same for every service."""

import difflib
import os
import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from vigie_runtime.kafka_tls import KafkaTlsSettings
from vigie_schemas import Topic

DEFAULT_PORT = 9092
"""Kafka's own."""
PORT = re.compile(r":[0-9]+$")
SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/,]+)(:[0-9]{1,5})?")
"""A name or address; an IPv6 address stands in brackets."""
MAX_RECONNECT_BACKOFF_MS = 1_000
OTHER_WORDS = {
    "BROKERS": "BOOTSTRAP_SERVERS",
    "TRUSTSTORE": "CA",
    "KEYSTORE": "CERTIFICATE",
    "CAFILE": "CA_LOCATION",
    "CERTFILE": "CERTIFICATE_LOCATION",
    "KEYFILE": "KEY_LOCATION",
    "_PATH": "_LOCATION",
    "_FILE": "_LOCATION",
}
NEAR_NAME = 0.75
"""Likeness from which an unknown variable is taken for a misspelt one; KAFKA_OPTS and the like are below it."""


class KafkaSettings(KafkaTlsSettings):
    """How to reach Kafka, local or managed."""

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="host:port, comma separated; port 9092 if left out.",
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
        """Some platforms give a private server's host only, and Java's client asks for a port."""
        servers = [server.strip() for server in value.split(",") if server.strip()]
        if not servers:
            raise ValueError("names no server: write host:port, comma separated")
        odd = next((server for server in servers if not SERVER.fullmatch(server)), None)
        if odd:
            raise ValueError(f"{odd!r} is no server: write host:port, comma separated, without a scheme or blanks")
        return ",".join(server if PORT.search(server) else f"{server}:{DEFAULT_PORT}" for server in servers)

    @model_validator(mode="after")
    def _has_login(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs KAFKA_SASL_USERNAME and "
                "KAFKA_SASL_PASSWORD: set both"
            )
        return self

    def topic_name(self, topic: Topic) -> str:
        """Name of a topic on this cluster."""
        return self.topic_prefix + topic.name

    def client_config(self) -> dict[str, str | int | float | bool]:
        """Settings every librdkafka client needs to connect."""
        config: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.kafka_bootstrap_servers,
            "security.protocol": self.kafka_security_protocol,
            # by default ten seconds: a broker that is back would be noticed so much later
            "reconnect.backoff.max.ms": MAX_RECONNECT_BACKOFF_MS,
            **self.librdkafka_tls(),
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


def _ours(name: str) -> str:
    """The name with the words of Java's client and of other libraries replaced by those used here."""
    for theirs, ours in OTHER_WORDS.items():
        name = name.replace(theirs, ours)
    return name


def misspelt_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables that no setting reads and whose name is near one that is read, with that name."""
    known = [str(field.validation_alias) for field in KafkaSettings.model_fields.values() if field.validation_alias]
    unknown = (name for name, value in environment.items() if name.startswith("KAFKA_") and name not in known and value)
    near = {name: difflib.get_close_matches(_ours(name), known, n=1, cutoff=NEAR_NAME) for name in sorted(unknown)}
    return {name: matches[0] for name, matches in near.items() if matches}
