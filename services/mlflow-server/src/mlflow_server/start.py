"""What a start checks before MLflow takes over. It imports neither MLflow nor SQLAlchemy, which would take seconds."""

import socket
from importlib.metadata import version

from mlflow_server.settings import MlflowServerSettings
from vigie_runtime import ConfigurationError

TABLES_FILE = "tables-of"
"""Names the MLflow that the local tables were made for."""


def require_free_port(host: str, port: int) -> None:
    """Raise ConfigurationError when something listens on the port: MLflow itself would end with exit code 0."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given up is free
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"MLflow cannot listen on {host}:{port} ({error.strerror}). "
                "End what uses the port or set VIGIE_MLFLOW_PORT."
            ) from None


def must_prepare(settings: MlflowServerSettings) -> bool:
    """Whether a start must migrate or set users or a webhook; MLflow itself makes the tables of a new SQLite file."""
    if settings.mlflow_backend_store or settings.mlflow_admin_password or settings.mlflow_webhook_url:
        return True
    return settings.sqlite_file.exists() and not _is_prepared(settings)


def mark_prepared(settings: MlflowServerSettings) -> None:
    """Note that the local tables are this MLflow's."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    (settings.folder / TABLES_FILE).write_text(version("mlflow"))


def _is_prepared(settings: MlflowServerSettings) -> bool:
    marker = settings.folder / TABLES_FILE
    return marker.exists() and marker.read_text() == version("mlflow")
