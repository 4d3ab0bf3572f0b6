"""MLflow's tracking server and model registry, set up for Vigie."""

from mlflow_server.command import server_command, server_environment
from mlflow_server.settings import MlflowServerSettings

__all__ = ["MlflowServerSettings", "server_command", "server_environment"]
