"""Settings of the command that evaluates the rules without Grafana."""

from pydantic import Field, SecretStr

from vigie_runtime import ConfigurationError, ServiceSettings


class GrafanaProvisioningSettings(ServiceSettings):
    """Where the figures are; the container of Grafana has the same variables."""

    influxdb_url: str | None = Field(
        default=None, validation_alias="INFLUXDB_URL", description="Address of InfluxDB 2; unset: no figures are kept."
    )
    influxdb_token: SecretStr | None = Field(
        default=None, validation_alias="INFLUXDB_TOKEN", description="Token that may read the bucket."
    )
    influxdb_org: str = Field(default="vigie", validation_alias="INFLUXDB_ORG", description="Organisation.")
    influxdb_bucket: str = Field(default="vigie", validation_alias="INFLUXDB_BUCKET", description="Bucket of seconds.")

    def required(self) -> tuple[str, str]:
        """Address and token; raise ConfigurationError when one is not set."""
        if self.influxdb_url is None or self.influxdb_token is None:
            raise ConfigurationError(
                "Set INFLUXDB_URL and INFLUXDB_TOKEN to the InfluxDB that metrics-sink writes to; without one there "
                "are no figures to evaluate."
            )
        return self.influxdb_url, self.influxdb_token.get_secret_value()
