"""Settings of the gateway."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from vigie_runtime import KafkaSettings
from vigie_runtime.pseudonyms import PseudonymSettings
from vigie_runtime.rates import RateSettings
from vigie_runtime.settings import LOOPBACK

SCOPES = frozenset({"send", "read", "admin"})
ENTRY = re.compile(r"(?P<name>[\w.@-]{1,64}):(?P<scopes>[a-z+]+):(?P<token>\S+)")
SOLE = "core:send+read:"
MIN_TOKEN_LENGTH = 16
"""Guesses at a token are not counted, so guessing must be hopeless."""


def _split(value: object) -> object:
    """Entries; a sole token without a name, as platforms generate it, belongs to `core`.

    An empty entry stays, to be refused: the comma before it may have been meant as the end of a token.
    """
    if not isinstance(value, str):
        return value
    entries = tuple(re.split(r"[,\s]+", value.strip())) if value.strip() else ()
    return (SOLE + entries[0],) if len(entries) == 1 and ":" not in entries[0] else entries


Words = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


class GatewaySettings(KafkaSettings, PseudonymSettings, RateSettings):
    """What can be set from the environment."""

    gateway_host: str = Field(default="127.0.0.1", description="Address it listens on; 0.0.0.0 in a container.")
    gateway_port: int = Field(
        default=8001,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VIGIE_GATEWAY_PORT", "PORT"),
        description="Port of the API; 0: any free.",
    )
    gateway_tokens: Words = Field(
        default=(),
        description="Who may call: name:scopes:token, comma separated; scopes of send, read and admin, joined by +.",
    )
    gateway_in_flight: int = Field(
        default=1000, ge=1, le=100_000, description="Calls that may wait for a verdict at most; further ones get 503."
    )
    gateway_body_kib: int = Field(default=1024, ge=8, le=16_384, description="Largest body of a request.")
    gateway_kept_hours: float = Field(
        default=24, gt=0, le=168, description="How long verdicts can be asked for and a repeat is answered alike."
    )
    gateway_canary_seconds: float = Field(
        default=60, ge=0, description="Between payments of its own that show the whole way works; 0: none."
    )
    policy_file: Path | None = Field(default=None, description="The policy, TOML; unset: the one that ships.")
    tls_certificate_file: Path | None = Field(default=None, description="Serve TLS with this chain, PEM.")
    tls_key_file: Path | None = Field(default=None, description="The certificate's key, PEM.")
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where traces go by OTLP over HTTP; unset: no traces.",
    )

    @field_validator("gateway_tokens")
    @classmethod
    def _are_tokens(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        found = [ENTRY.fullmatch(entry.get_secret_value()) for entry in value]
        for place, entry in enumerate(found, 1):
            if entry is None or not set(entry["scopes"].split("+")) <= SCOPES:
                raise ValueError(f"entry {place} is not name:scopes:token with scopes of send, read, admin joined by +")
            if len(entry["token"]) < MIN_TOKEN_LENGTH:
                raise ValueError(
                    f"the token of entry {place} needs {MIN_TOKEN_LENGTH} characters: `openssl rand -hex 16` makes one"
                )
        if len({entry["token"] for entry in found if entry}) < len(found):
            raise ValueError("has one token twice: give each caller its own")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.gateway_host not in LOOPBACK and not self.gateway_tokens:
            raise ValueError(
                "VIGIE_GATEWAY_HOST opens the gateway to other machines, so callers must be known: "
                "set VIGIE_GATEWAY_TOKENS=name:send+read:token"
            )
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("VIGIE_TLS_CERTIFICATE_FILE and VIGIE_TLS_KEY_FILE: set both or neither")
        return self
