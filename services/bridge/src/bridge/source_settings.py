"""How to reach the foreign topic's Kafka, where it is not the common one."""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator

from vigie_runtime import KafkaSettings

OWN: Final = "bridge_source_"
COMMON: Final = "kafka_"


class SourceKafkaSettings(KafkaSettings):
    """The common settings, and the same ones once more for the source; the common log-in is sent to no other Kafka."""

    bridge_source_bootstrap_servers: str | None = Field(
        default=None, description="Kafka of the foreign topic; unset: the common one, with its log-in."
    )
    bridge_source_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="These are read with VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS only."
    )
    bridge_source_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="With a SASL protocol only."
    )
    bridge_source_sasl_username: str | None = Field(default=None, description="With a SASL protocol only.")
    bridge_source_sasl_password: SecretStr | None = Field(default=None, description="With a SASL protocol only.")
    bridge_source_ssl_ca_location: Path | None = Field(
        default=None, description="PEM file of the authority that signed the brokers' certificates."
    )
    bridge_source_ssl_ca_pem: str | None = Field(default=None, description="The same as text.")
    bridge_source_ssl_certificate_location: Path | None = Field(
        default=None, description="PEM file of the client's own certificate."
    )
    bridge_source_ssl_certificate_pem: str | None = Field(default=None, description="The same as text.")
    bridge_source_ssl_key_location: Path | None = Field(
        default=None, description="PEM file of that certificate's key, PKCS#8."
    )
    bridge_source_ssl_key_pem: SecretStr | None = Field(default=None, description="The same as text.")

    @model_validator(mode="after")
    def _source_is_complete(self) -> Self:
        try:
            _ = self.source
        except ValidationError as error:
            text = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise ValueError(text.replace("KAFKA_", "VIGIE_BRIDGE_SOURCE_")) from None
        return self

    @property
    def source(self) -> KafkaSettings:
        """How to reach the foreign topic, whose name is taken as it is."""
        if self.bridge_source_bootstrap_servers is None:
            return self.model_copy(update={"topic_prefix": ""})
        values: dict[str, object] = {"topic_prefix": ""}
        for name in type(self).model_fields:
            if name.startswith(OWN):
                common = COMMON + name.removeprefix(OWN)
                # by the variable's name: what the environment says under it must not come first
                values[str(KafkaSettings.model_fields[common].validation_alias)] = getattr(self, name)
        return KafkaSettings(**values)  # pyright: ignore[reportArgumentType]

    @property
    def source_name(self) -> str:
        """What stands behind a foreign topic's name in a dead letter, so that no other Kafka's is meant."""
        servers = self.bridge_source_bootstrap_servers
        return f"@{self.source.kafka_bootstrap_servers.split(',')[0]}" if servers else ""
