"""Settings of the bridge."""

import re
from pathlib import Path as FilePath
from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator

from bridge.formats.decoder import DecodingRules, WireFormat
from bridge.formats.paths import Path, path_of
from bridge.source_settings import SourceKafkaSettings
from vigie_runtime import HttpAddress
from vigie_runtime.pseudonyms import PseudonymSettings
from vigie_runtime.rates import RateSettings
from vigie_schemas import TOPICS

DECIMAL_RULE = re.compile(r"([^=,\s]+)=(text|-?\d{1,3})")
OPERATIONS = re.compile(r"[a-z](,[a-z])*")


class BridgeSettings(SourceKafkaSettings, PseudonymSettings, RateSettings):
    """What can be set from the environment."""

    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int = Field(
        default=8106,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="/healthz, /readyz, /status; 0: any free.",
    )
    bridge_topic: str = Field(
        default="", pattern="^[A-Za-z0-9._-]{0,249}$", description="The foreign topic to read; has to be set."
    )
    bridge_group: str = Field(
        default="", description="Consumer group; unset: VIGIE_TOPIC_PREFIX and `vigie-bridge`. Bridges share one."
    )
    bridge_start: Literal["earliest", "latest"] = Field(
        default="earliest", description="Where a group that has read nothing yet begins."
    )
    bridge_format: WireFormat = Field(default=WireFormat.JSON, description="How values are written.")
    bridge_envelope: Literal["auto", "none"] = Field(
        default="auto", description="auto: envelopes of Kafka Connect and Debezium are recognised; none: taken as data."
    )
    bridge_operations: str = Field(
        default="c,r",
        description="Debezium's operations that are transactions: inserted rows, and those of a snapshot.",
    )
    bridge_decimals: str = Field(
        default="",
        description="Decimals whose scale no schema tells, by path, such as after.amount=2; =text: not in base64.",
    )
    bridge_mapping: FilePath | None = Field(default=None, description="The mapping's file.")
    bridge_mapping_text: str = Field(default="", description="The mapping itself, where there are no files.")
    bridge_batch_records: int = Field(default=5_000, ge=1, le=50_000, description="Records on their way at most.")

    schema_registry_url: HttpAddress | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_URL", description="For every format but json; several by comma."
    )
    schema_registry_username: str | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_USERNAME", description="Where it asks for a log-in."
    )
    schema_registry_password: SecretStr | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_PASSWORD", description="With the username."
    )
    schema_registry_ca_file: FilePath | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_CA_FILE", description="Of a company's own authority, PEM."
    )
    schema_registry_certificate_file: FilePath | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_CERTIFICATE_FILE", description="The client's, PEM."
    )
    schema_registry_key_file: FilePath | None = Field(
        default=None, validation_alias="SCHEMA_REGISTRY_KEY_FILE", description="Of the client's certificate, PEM."
    )

    @field_validator("bridge_operations")
    @classmethod
    def _letters(cls, value: str) -> str:
        compact = re.sub(r"\s", "", value)
        if not OPERATIONS.fullmatch(compact):
            raise ValueError("give Debezium's letters, comma separated, such as c,r")
        return compact

    @field_validator("bridge_decimals")
    @classmethod
    def _rules(cls, value: str) -> str:
        for rule in filter(None, (part.strip() for part in value.split(","))):
            if not DECIMAL_RULE.fullmatch(rule):
                raise ValueError("give paths and scales, comma separated, such as after.amount=2,after.fee=text")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.bridge_topic:
            raise ValueError("VIGIE_BRIDGE_TOPIC: name the topic to read")
        if (self.bridge_mapping is None) == (not self.bridge_mapping_text.strip()):
            raise ValueError("set one of VIGIE_BRIDGE_MAPPING and VIGIE_BRIDGE_MAPPING_TEXT")
        if self.bridge_format.needs_schemas and not self.schema_registry_url:
            raise ValueError(f"VIGIE_BRIDGE_FORMAT={self.bridge_format} needs SCHEMA_REGISTRY_URL")
        if (self.schema_registry_username is None) != (self.schema_registry_password is None):
            raise ValueError("SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: set both or neither")
        if self.schema_registry_key_file is not None and self.schema_registry_certificate_file is None:
            raise ValueError("SCHEMA_REGISTRY_KEY_FILE needs SCHEMA_REGISTRY_CERTIFICATE_FILE")
        return self

    @model_validator(mode="after")
    def _reads_no_own_topic(self) -> Self:
        own = {self.topic_name(topic) for topic in TOPICS}
        if self.bridge_source_bootstrap_servers is None and self.bridge_topic in own:
            raise ValueError(
                f"VIGIE_BRIDGE_TOPIC={self.bridge_topic} is one of Vigie's own topics: name the foreign one, "
                "or its Kafka by VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS"
            )
        return self

    @property
    def group(self) -> str:
        """The consumer group that keeps how far the topic was read."""
        return self.bridge_group or f"{self.topic_prefix}vigie-bridge"

    @property
    def decoding(self) -> DecodingRules:
        """How values are read."""
        return DecodingRules(
            self.bridge_format,
            self.bridge_envelope == "auto",
            frozenset(self.bridge_operations.split(",")),
            self._decimals,
        )

    @property
    def _decimals(self) -> dict[Path, int | None]:
        rules = (DECIMAL_RULE.fullmatch(part.strip()) for part in self.bridge_decimals.split(","))
        return {path_of(rule[1]): None if rule[2] == "text" else int(rule[2]) for rule in rules if rule}

    def schema_registry_options(self) -> dict[str, object]:
        """Log-in and certificates, as confluent-kafka's client names them."""
        options: dict[str, object] = {}
        if self.schema_registry_username is not None and self.schema_registry_password is not None:
            password = self.schema_registry_password.get_secret_value()
            options["basic.auth.user.info"] = f"{self.schema_registry_username}:{password}"
        files = {
            "ssl.ca.location": self.schema_registry_ca_file,
            "ssl.certificate.location": self.schema_registry_certificate_file,
            "ssl.key.location": self.schema_registry_key_file,
        }
        return options | {name: str(file) for name, file in files.items() if file is not None}
