"""Settings of the metrics sink."""

from pydantic import AliasChoices, Field

from vigie_runtime import KafkaSettings


class MetricsSinkSettings(KafkaSettings):
    """What can be set from the environment."""

    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int = Field(
        default=8103,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="/healthz, /readyz, /status; 0: any free.",
    )
