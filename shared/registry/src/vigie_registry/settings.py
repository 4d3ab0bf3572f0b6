"""Settings of every service that reads the registry."""

from typing import Annotated, Final

import httpx2
from pydantic import AfterValidator, Field, SecretStr

from vigie_runtime import HttpAddress, ServiceSettings

EXAMPLE: Final = "http://127.0.0.1:5000"


def _of_a_server(value: str) -> str:
    """Refuse MLflow's other stores, which its own client opens itself: files and databases have no REST interface."""
    try:
        url = httpx2.URL(value)
    except httpx2.InvalidURL as error:
        raise ValueError(f"{error}: give the address of an MLflow server, such as {EXAMPLE}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"give the address of an MLflow server, such as {EXAMPLE}")
    return value


RegistryAddress = Annotated[HttpAddress, AfterValidator(_of_a_server)]


class RegistrySettings(ServiceSettings):
    """Where the registry is, and the log-in it asks for."""

    mlflow_tracking_uri: RegistryAddress = Field(
        default=EXAMPLE, validation_alias="MLFLOW_TRACKING_URI", description="The model registry."
    )
    mlflow_tracking_username: str | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_USERNAME", description="Where the registry asks for a log-in."
    )
    mlflow_tracking_password: SecretStr | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_PASSWORD", description="Where the registry asks for a log-in."
    )
