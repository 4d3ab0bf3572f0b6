"""Settings of the generator, from the environment or from keyword arguments."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator

from vigie_runtime import ConfigurationError, HttpAddress, KafkaSettings, load_settings
from vigie_runtime.pseudonyms import PseudonymSettings


class GeneratorSettings(KafkaSettings, PseudonymSettings):
    """What population to make, how fast to send it and how much of it is anomalous."""

    seed: int = Field(default=7, ge=0, le=2**31 - 1, description="Same seed, same accounts and payments.")
    accounts: int = Field(default=500, ge=1, le=1_000_000, description="Accounts in the population.")
    payments_per_day: float = Field(default=3, gt=0, le=100, description="Mean payments of an account and day.")
    history_days: int = Field(default=24, ge=0, le=365, description="Simulated days sent at once before live traffic.")
    rate: float = Field(default=50, gt=0, le=1_000_000, description="Live transactions per second of the wall clock.")
    anomaly_share: float = Field(default=0.0075, ge=0, le=0.2, description="Part of transactions that is anomalous.")
    label_delay_seconds: float = Field(
        default=20, ge=0, le=86_400, description="Wall seconds from a transaction to its label."
    )
    canary_seconds: float = Field(
        default=60, ge=0, le=86_400, description="Wall seconds between canaries, which must alert; 0: none."
    )
    generator_target: Literal["kafka", "gateway"] = Field(
        default="kafka", description="Where live transactions go; history, canaries and labels always go to Kafka."
    )
    gateway_url: HttpAddress = Field(
        default="http://127.0.0.1:8001", description="The gateway, where it is the target."
    )
    gateway_token: SecretStr | None = Field(
        default=None, description="The gateway's token, with the scope send; unset where it asks for none."
    )
    generator_in_flight: int = Field(default=32, ge=1, le=1000, description="Calls of the gateway at the same time.")
    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="Serve /healthz, /readyz and /status here; empty: not at all.",
    )

    @field_validator("gateway_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("must be an http:// or https:// address")
        return value


def with_overrides(settings: GeneratorSettings | None, overrides: Mapping[str, object]) -> GeneratorSettings:
    """Settings, those of the environment unless given, with some replaced; raise ConfigurationError for a wrong one."""
    base = settings or load_settings(GeneratorSettings)
    if not overrides:
        return base
    unknown = sorted(overrides.keys() - GeneratorSettings.model_fields.keys())
    if unknown:
        raise ConfigurationError(f"The generator has no setting named {', '.join(unknown)}. See its README.md.")
    try:
        checked = GeneratorSettings(**overrides)  # pyright: ignore[reportArgumentType]  # checked is what this is for
    except ValidationError as error:
        wrong = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()]
        raise ConfigurationError("Wrong settings of the generator. " + "; ".join(wrong)) from None
    return base.model_copy(update={name: getattr(checked, name) for name in overrides})
