"""Settings of `make run`: the ports and the folder; everything else belongs to the services."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr

from vigie_local.ports import claim
from vigie_runtime import ServiceSettings

DEFAULT_DIRECTORY = Path(".vigie")


class LocalSettings(ServiceSettings):
    """Where the local system listens; 0 takes any free port."""

    data_dir: Path = Field(default=DEFAULT_DIRECTORY, description="All data of the local system.")
    kafka_port: int = Field(default=9092, ge=0, le=65535, description="Embedded broker.")
    mlflow_port: int = Field(default=5000, ge=0, le=65535, description="Tracking server and its pages.")
    page_port: int = Field(default=8000, ge=0, le=65535, description="Live page.")
    gateway_port: int = Field(default=8001, ge=0, le=65535, description="Gateway.")
    gateway_tokens: SecretStr | None = Field(
        default=None, description="The gateway's; where they are set, calls on this machine need one too."
    )
    influxdb_url: str | None = Field(
        default=None, validation_alias="INFLUXDB_URL", description="InfluxDB to use, if there is one."
    )
    grafana_url: str | None = Field(
        default=None, validation_alias="GRAFANA_URL", description="Grafana to point to, if there is one."
    )

    def with_claimed_ports(self) -> Self:
        """The same with ports that are free; raise ConfigurationError that names the taken one."""
        return self.model_copy(
            update={
                name: claim(getattr(self, name), purpose=purpose, variable=f"VIGIE_{name.upper()}")
                for name, purpose in (
                    ("kafka_port", "Kafka"),
                    ("mlflow_port", "MLflow"),
                    ("page_port", "the live page"),
                    ("gateway_port", "the gateway"),
                )
            }
        )
