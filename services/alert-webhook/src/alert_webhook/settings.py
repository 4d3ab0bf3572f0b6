"""Settings of the alert webhook."""

import re
from base64 import b64decode
from datetime import time
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from vigie_registry import RegistryAddress
from vigie_runtime import HttpAddress, KafkaSettings
from vigie_runtime.settings import LOOPBACK
from vigie_schemas import Severity

FALLBACK_NAME = "analyst"
NAME = re.compile(r"[\w.@+-]{1,64}")
MIN_TOKEN_LENGTH = 12  # guesses at a token are not counted, so guessing must be hopeless


def _split(value: object) -> object:
    """Entries between commas or white space, as platforms have one line for a variable; none can hold either."""
    return tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) else value


def _is_signing_key(secret: str) -> bool:
    """Whether the Standard Webhooks convention takes it; its library would also sign with the half of a key."""
    prefix, _, key = secret.rpartition("_")
    try:
        return prefix == "whsec" and 24 <= len(b64decode(key + "=" * (-len(key) % 4), validate=True)) <= 64
    except ValueError:
        return False


Addresses = tuple[SecretStr, ...] | SecretStr | str | None
Words = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


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
    page_workers: int = Field(default=1, ge=1, le=16, description="Processes that serve; one of them delivers.")
    page_url: str = Field(
        default="http://127.0.0.1:8000",
        validation_alias=AliasChoices("VIGIE_PAGE_URL", "RENDER_EXTERNAL_URL"),  # Render sets the second by itself
        description="Where people reach the page, for links.",
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="Proxies before it whose X-Forwarded headers are believed."
    )
    largest_audience: int = Field(default=40, ge=1, le=500, description="Open pages a worker; each holds a thread.")
    largest_lag: int = Field(default=1000, ge=1, description="Alerts not taken in from which it is not ready.")

    database_url: SecretStr | None = Field(
        default=None, validation_alias="DATABASE_URL", description="PostgreSQL; unset: SQLite in the data folder."
    )
    mlflow_tracking_uri: RegistryAddress | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_URI", description="Registry the page compares with; optional."
    )
    mlflow_tracking_username: str | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_USERNAME", description="Where the registry asks for it."
    )
    mlflow_tracking_password: SecretStr | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_PASSWORD", description="Where the registry asks for it."
    )
    grafana_url: str | None = Field(default=None, validation_alias="GRAFANA_URL", description="For links; optional.")

    gateway_url: HttpAddress | None = Field(
        default=None, description="The gateway, for payments that are tried on /try; unset: no link to that page."
    )
    gateway_token: SecretStr | None = Field(
        default=None, description="The gateway's token for /try, with the scope send; unset where it asks for none."
    )

    users: Words = Field(default=(), description="Who may log in: name:password, comma separated.")
    api_tokens: Words = Field(default=(), description="Tokens of the API: name:token, comma separated.")

    slack_webhook_url: SecretStr | None = Field(
        default=None, validation_alias="SLACK_WEBHOOK_URL", description="Incoming webhook; or a bot token instead."
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_BOT_TOKEN", description="With it alerts of an episode share a thread."
    )
    slack_channel: str | None = Field(
        default=None, validation_alias="SLACK_CHANNEL", description="Where the bot posts; needed with its token."
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET", description="Makes the buttons work."
    )
    slack_api_url: str = Field(default="https://slack.com/api/", description="Slack's own address.")

    webhook_urls: Words = Field(default=(), description="Other receivers, comma separated; secret like passwords.")
    webhook_secret: SecretStr | None = Field(default=None, description="Signs webhooks: whsec_ and base64.")
    webhook_private: bool = Field(default=False, description="Allow receivers in private address ranges.")
    webhook_timeout_seconds: float = Field(default=10, gt=0, le=120, description="For each step of a request.")
    first_retry_seconds: float = Field(default=0.5, gt=0, description="Wait after the first failure; then it doubles.")
    longest_retry_seconds: float = Field(default=60, gt=0, description="Longest wait that is not asked for.")
    give_up_hours: float = Field(default=24, gt=0, description="Age from which a message that fails is dead.")

    severity_floor: Severity = Field(default="low", description="Least severity that reaches Slack.")
    quiet_hours: str | None = Field(
        default=None, pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$", description="Held for a digest at the end: 22:00-07:00."
    )
    quiet_severity: Severity = Field(default="high", description="Least severity that breaks the quiet.")
    time_zone: str = Field(default="UTC", description="Of the quiet hours and of times in Slack.")
    episode_minutes: float = Field(default=30, gt=0, description="Silence of an account that ends its episode.")
    longest_episode_minutes: float = Field(default=240, gt=0, description="An episode ends then at the latest.")
    messages_per_minute: int = Field(default=10, ge=1, description="New alerts to Slack; the rest goes to a digest.")
    most_per_minute: int = Field(default=30, ge=1, description="Hard cap of all that goes to Slack, with an alarm.")
    digest_seconds: float = Field(default=300, gt=0, description="Between two digests.")
    snooze_hours: float = Field(default=24, gt=0, le=24 * 30, description="How long the snooze button silences.")

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach it, so that access must be guarded."""
        return self.host not in LOOPBACK

    @property
    def quiet_from_to(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours in the time zone."""
        if self.quiet_hours is None:
            return None
        begin, end = self.quiet_hours.split("-")
        return time.fromisoformat(begin), time.fromisoformat(end)

    @field_validator("webhook_urls", "slack_webhook_url", "gateway_url")
    @classmethod
    def _are_http(cls, value: Addresses) -> Addresses:
        for url in value if isinstance(value, tuple) else () if value is None else (value,):
            address = urlsplit(url if isinstance(url, str) else url.get_secret_value())
            if address.scheme not in ("http", "https") or not address.hostname:
                raise ValueError("must be http:// or https:// addresses; a comma within one is written %2C")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_signing_key(value.get_secret_value()):
            raise ValueError(
                "must be whsec_ and the base64 of 24 to 64 random bytes, as `openssl rand -base64 32` makes them"
            )
        return value

    @field_validator("users", "api_tokens")
    @classmethod
    def _are_secret(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(value) > 1 and any(":" not in entry.get_secret_value() for entry in value):
            raise ValueError(
                "has an entry without a name: a secret can hold neither a comma nor white space, which begin the next "
                "name:secret; choose another secret"
            )
        known = credentials(value)
        if len(known) < len(value):
            raise ValueError("must give each name once, like name:secret")
        if not all(NAME.fullmatch(name) and secret for name, secret in known.items()):
            raise ValueError("must be like name:secret, with names of 1 to 64 letters, digits and . @ _ + -")
        return value

    @field_validator("api_tokens")
    @classmethod
    def _are_long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(token) < MIN_TOKEN_LENGTH for token in credentials(value).values()):
            raise ValueError(f"must have at least {MIN_TOKEN_LENGTH} characters each: `openssl rand -hex 16` makes one")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _are_times(cls, value: str | None) -> str | None:
        if value is not None:
            begin, end = map(time.fromisoformat, value.split("-"))
            if begin == end:
                raise ValueError("must end at another time than they begin, or their digest would never come")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("must be a name like Europe/Paris") from None
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.slack_bot_token is not None and self.slack_channel is None:
            raise ValueError("SLACK_BOT_TOKEN needs SLACK_CHANNEL, where the bot posts")
        if self.is_open_to_others and not (self.users or self.api_tokens):
            raise ValueError(
                "VIGIE_HOST opens the page to other machines, so someone must be able to log in: "
                "set VIGIE_USERS=name:password or VIGIE_API_TOKENS=name:token"
            )
        if self.webhook_urls and self.webhook_secret is None:
            raise ValueError("VIGIE_WEBHOOK_URLS needs VIGIE_WEBHOOK_SECRET=whsec_..., with which messages are signed")
        return self


def credentials(entries: tuple[SecretStr, ...]) -> dict[str, str]:
    """Secret by name; a sole entry without a name, as platforms generate it, belongs to `analyst`."""
    found: dict[str, str] = {}
    for entry in entries:
        name, colon, secret = entry.get_secret_value().partition(":")
        found |= {name: secret} if colon else {FALLBACK_NAME: name}
    return found
