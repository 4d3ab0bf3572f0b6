"""Which MLflow the local tables were made for, so that a start on the own machine need not look: that takes seconds."""

from importlib.metadata import version

from mlflow_server.settings import MlflowServerSettings


def must_prepare(settings: MlflowServerSettings) -> bool:
    """Whether a start has to migrate, or put users or a webhook in place; tables of a new SQLite file MLflow makes."""
    if settings.mlflow_backend_store or settings.mlflow_admin_password or settings.mlflow_webhook_url:
        return True
    return settings.sqlite_file.exists() and not _is_done(settings)


def mark_done(settings: MlflowServerSettings) -> None:
    """Remember that the tables are this MLflow's."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    (settings.folder / "tables-of").write_text(version("mlflow"))


def _is_done(settings: MlflowServerSettings) -> bool:
    marker = settings.folder / "tables-of"
    return marker.exists() and marker.read_text() == version("mlflow")
