"""`python -m mlflow_server` becomes the MLflow server: the same process, so signals reach it."""

import os
import sys

from mlflow_server.command import server_command, server_environment
from mlflow_server.port import require_free_port
from mlflow_server.settings import MlflowServerSettings
from vigie_runtime import configure_logs, get_logger, load_settings, run_entry_point


def main() -> None:
    """Make the data folder and hand the process over to MLflow."""
    settings = load_settings(MlflowServerSettings)
    configure_logs(settings, "mlflow-server")
    require_free_port(settings.mlflow_host, settings.mlflow_port)
    settings.folder.mkdir(parents=True, exist_ok=True)
    get_logger(__name__).info("starting mlflow", host=settings.mlflow_host, port=settings.mlflow_port)
    command = server_command(settings, sys.executable)
    os.execve(command[0], command, server_environment(os.environ))  # noqa: S606  no shell is the point


if __name__ == "__main__":
    run_entry_point(main)
