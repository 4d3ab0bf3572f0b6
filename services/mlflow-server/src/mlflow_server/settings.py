"""Where the registry listens, who may use it, and where it keeps runs, versions and files."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from vigie_runtime import ServiceSettings

MIN_PASSWORD_LENGTH = 12  # MLflow refuses shorter ones
LOCAL_SCHEMES = ("file",)


def _split(value: object) -> object:
    """Comma or white space between entries, as platforms have one line for a variable."""
    return tuple(word for word in re.split(r"[,\s]+", value) if word) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


class MlflowServerSettings(ServiceSettings):
    """Settings of the MLflow server."""

    mlflow_host: str = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 in a container, :: for IPv4 and IPv6."
    )
    mlflow_port: int = Field(
        default=5000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("VIGIE_MLFLOW_PORT", "PORT"),
        description="Port to listen on.",
    )
    mlflow_workers: int = Field(default=1, ge=1, le=16, description="Processes that serve, of about 300 MB each.")
    mlflow_backend_store: SecretStr | None = Field(
        default=None, description="Database address, postgresql://...; not set: SQLite in the data folder."
    )
    mlflow_artifacts: str | None = Field(
        default=None, description="Where artifacts are kept, a folder or a bucket; not set: in the data folder."
    )
    mlflow_allowed_hosts: Names = Field(default=(), description="Names it answers to besides localhost.")
    mlflow_admin_password: SecretStr | None = Field(
        default=None, description="Turns log-in on; password of the user `admin`."
    )
    mlflow_users: Secrets = Field(default=(), description="Other users: name:password, comma separated.")
    mlflow_secret_key: SecretStr | None = Field(
        default=None, description="Protects sessions and stored secrets; not set: made once, kept in the data folder."
    )
    mlflow_webhook_url: str | None = Field(
        default=None, description="The detector's /hooks/mlflow, called when the champion changes."
    )
    mlflow_webhook_secret: SecretStr | None = Field(default=None, description="Signs what is sent there.")

    @property
    def folder(self) -> Path:
        """The server's own part of the data folder."""
        return self.data_dir.resolve() / "mlflow"

    @property
    def sqlite_file(self) -> Path:
        """Database in the data folder, used unless another one is set."""
        return self.folder / "mlflow.db"

    @property
    def backend_store(self) -> str:
        """Address of the database of runs, model versions and users, with its driver, as SQLAlchemy wants it."""
        if self.mlflow_backend_store is None:
            return f"sqlite:///{self.sqlite_file}"
        return with_driver(self.mlflow_backend_store.get_secret_value())

    @property
    def artifacts(self) -> str:
        """Where the server keeps the artifacts it serves."""
        return self.mlflow_artifacts or str(self.folder / "artifacts")

    @property
    def artifacts_folder(self) -> Path | None:
        """The artifacts' folder, None when they lie in a bucket."""
        scheme, separator, rest = self.artifacts.partition("://")
        if not separator:
            return Path(self.artifacts)
        return Path(rest) if scheme in LOCAL_SCHEMES else None

    @property
    def passwords(self) -> dict[str, str]:
        """Password by name of the users that are no admins."""
        pairs = (entry.get_secret_value().partition(":") for entry in self.mlflow_users)
        return {name: password for name, _, password in pairs}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if any(":" not in entry.get_secret_value() for entry in self.mlflow_users):
            raise ValueError(
                "VIGIE_MLFLOW_USERS has an entry without a name: a password can hold neither a comma nor white space, "
                "which begin the next name:password; choose another password"
            )
        if self.mlflow_users and self.mlflow_admin_password is None:
            raise ValueError("VIGIE_MLFLOW_USERS needs VIGIE_MLFLOW_ADMIN_PASSWORD, which turns log-in on")
        admin = self.mlflow_admin_password.get_secret_value() if self.mlflow_admin_password else None
        for name, password in {**({} if admin is None else {"admin": admin}), **self.passwords}.items():
            if not name or len(password) < MIN_PASSWORD_LENGTH:
                raise ValueError(
                    f"the password of {name or 'a user without a name'} in VIGIE_MLFLOW_ADMIN_PASSWORD or "
                    f"VIGIE_MLFLOW_USERS needs {MIN_PASSWORD_LENGTH} characters: name:password, comma separated"
                )
        if self.mlflow_webhook_url and self.mlflow_webhook_secret is None:
            raise ValueError("VIGIE_MLFLOW_WEBHOOK_URL needs VIGIE_MLFLOW_WEBHOOK_SECRET, which signs what is sent")
        return self


def with_driver(address: str) -> str:
    """The address with psycopg named: platforms hand out postgres://, which SQLAlchemy no longer knows."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", address)
