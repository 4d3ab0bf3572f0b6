"""Settings from the environment: one frozen object per service, refused at start with the variable's name."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vigie_runtime.errors import ConfigurationError

PREFIX = "VIGIE_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts that no other machine can reach."""
BARE_ADDRESS = re.compile(r"[A-Za-z0-9.-]+:[0-9]+")


def _with_scheme(value: object) -> object:
    return f"http://{value}" if isinstance(value, str) and BARE_ADDRESS.fullmatch(value) else value


HttpAddress = Annotated[str, BeforeValidator(_with_scheme)]
"""Address of a server; some platforms tell another service's as host:port, which is taken for http://host:port."""


class ServiceSettings(BaseSettings):
    """Base of each service's settings: fields are VIGIE_<NAME>, well-known names by `validation_alias`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    log_format: Literal["json", "text"] = Field(default="json", description="json in production, text at home.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    data_dir: Path = Field(default=Path(".vigie"), description="Where the service keeps what must survive a restart.")


Settings = TypeVar("Settings", bound=ServiceSettings)


def load_settings(kind: type[Settings]) -> Settings:
    """Read the service's settings; raise ConfigurationError that names each wrong variable."""
    try:
        return kind()
    except ValidationError as error:
        wrong = [_sentence(kind, problem["loc"], problem["msg"]) for problem in error.errors()]
        raise ConfigurationError("Wrong settings in the environment. " + "; ".join(wrong)) from None


def _sentence(kind: type[ServiceSettings], location: tuple[int | str, ...], message: str) -> str:
    """One problem, after the name of its variable; a problem of several variables names them itself."""
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0])
    return f"{PREFIX + name.upper() if name in kind.model_fields else name}: {text}"
