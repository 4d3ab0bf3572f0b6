"""Settings of the alert webhook."""

from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator

from vigie_runtime import KafkaSettings


class AlertWebhookSettings(KafkaSettings):
    """What can be set from the environment."""

    host: str = Field(default="127.0.0.1", description="Address the page listens on; 0.0.0.0 in a container.")
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("VIGIE_PORT", "PORT"),
        description="Port of the page.",
    )
    webhook_url: SecretStr | None = Field(
        default=None, description="Where alerts are sent; unset: nowhere. Secret, for some receivers know no other."
    )
    webhook_timeout_seconds: float = Field(default=10, gt=0, le=120, description="For each step of a request.")
    first_retry_seconds: float = Field(default=0.5, gt=0, description="Wait after the first failure; then it doubles.")
    longest_retry_seconds: float = Field(default=60, gt=0, description="Longest wait that is not asked for.")
    largest_audience: int = Field(default=40, ge=1, le=500, description="Open pages; each holds a thread.")

    @field_validator("webhook_url")
    @classmethod
    def _is_http(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            address = urlsplit(value.get_secret_value())
            if address.scheme not in ("http", "https") or not address.hostname:
                raise ValueError("must be an http:// or https:// address")
        return value
