"""Settings of the metrics sink."""

from pydantic import AliasChoices, Field, SecretStr

from vigie_registry import RegistrySettings
from vigie_runtime import HttpAddress, KafkaSettings


class MetricsSinkSettings(KafkaSettings, RegistrySettings):
    """What can be set from the environment."""

    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int = Field(
        default=8103,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="/healthz, /readyz, /status; 0: any free.",
    )
    influxdb_url: HttpAddress | None = Field(
        default=None, validation_alias="INFLUXDB_URL", description="InfluxDB 2; unset: figures go to their topic only."
    )
    influxdb_token: SecretStr | None = Field(
        default=None, validation_alias="INFLUXDB_TOKEN", description="May write and set up buckets and tasks."
    )
    influxdb_org: str = Field(default="vigie", validation_alias="INFLUXDB_ORG", description="Organisation; must exist.")
    influxdb_bucket: str = Field(
        default="vigie",
        validation_alias="INFLUXDB_BUCKET",
        description="Seconds; minutes go to the same name with _1m.",
    )
    seconds_kept_days: int = Field(default=7, ge=1, description="How long InfluxDB keeps figures by the second.")
    minutes_kept_days: int = Field(default=400, ge=1, description="How long InfluxDB keeps figures by the minute.")
    influx_buffer_mb: int = Field(
        default=1024, ge=1, description="Disk for figures InfluxDB has not taken; past it the oldest are dropped."
    )
    label_window: int = Field(
        default=1_000_000, ge=1000, description="Transactions remembered at least, so that late labels find them."
    )
