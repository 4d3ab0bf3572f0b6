"""The command line and environment of the real `mlflow server`, as pure functions of the settings."""

from collections.abc import Mapping

from mlflow_server.settings import MlflowServerSettings

QUIET_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a bank's registry reports to nobody
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # the job runner is a process more that Vigie has no use for
}


def server_command(settings: MlflowServerSettings, python: str) -> list[str]:
    """Command line that starts the server with `python`."""
    return [
        python,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        settings.backend_store,
        "--serve-artifacts",
        "--artifacts-destination",
        settings.artifacts,
        "--host",
        settings.mlflow_host,
        "--port",
        str(settings.mlflow_port),
        "--workers",
        "1",  # MLflow starts four, of 270 MB each
        "--uvicorn-opts=--no-access-log",  # the detector asks for the champion every few seconds
    ]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment of the server: the caller's own, and quiet where the caller says nothing."""
    return {**QUIET_DEFAULTS, **environment}
