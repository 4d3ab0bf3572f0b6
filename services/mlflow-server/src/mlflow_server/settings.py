"""Where the registry listens and where it keeps runs, versions and files."""

from pathlib import Path

from pydantic import AliasChoices, Field

from vigie_runtime import ServiceSettings


class MlflowServerSettings(ServiceSettings):
    """Settings of the MLflow server."""

    mlflow_host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 inside a container.")
    mlflow_port: int = Field(
        default=5000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("VIGIE_MLFLOW_PORT", "PORT"),
        description="Port to listen on.",
    )
    mlflow_backend_store: str | None = Field(
        default=None, description="Database address; not set: SQLite in the data folder."
    )
    mlflow_artifacts: str | None = Field(
        default=None, description="Where artifacts are kept, a folder or a bucket; not set: in the data folder."
    )

    @property
    def folder(self) -> Path:
        """The server's own part of the data folder."""
        return self.data_dir.resolve() / "mlflow"

    @property
    def backend_store(self) -> str:
        """Address of the database of runs and model versions."""
        return self.mlflow_backend_store or f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def artifacts(self) -> str:
        """Where the server keeps the artifacts it serves."""
        return self.mlflow_artifacts or str(self.folder / "artifacts")
