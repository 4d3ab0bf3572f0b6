"""The command line and environment of the real `mlflow server`, as pure functions of the settings."""

from collections.abc import Mapping

from mlflow_server.secret_key import server_keys
from mlflow_server.settings import MlflowServerSettings

QUIET_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a bank's registry sends nothing about its use
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its job runner is one more process, which Vigie does not use
}
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PLATFORM_NAMES = ("RENDER_EXTERNAL_HOSTNAME", "RAILWAY_PUBLIC_DOMAIN", "RAILWAY_PRIVATE_DOMAIN")
"""Where Render and Railway say under which names the service is reached."""


def server_command(settings: MlflowServerSettings, python: str) -> list[str]:
    """Command line that starts the server with `python`.

    The database's address, which holds a password, is in the environment: lists of processes show command lines.
    """
    return [
        python,
        "-m",
        "mlflow",
        "server",
        "--serve-artifacts",
        "--artifacts-destination",
        settings.artifacts,
        "--host",
        # asyncio's listener on :: does not hear IPv4; an empty address means both
        "" if settings.mlflow_host == "::" else settings.mlflow_host,
        "--port",
        str(settings.mlflow_port),
        "--workers",
        str(settings.mlflow_workers),  # MLflow's default is four
        "--uvicorn-opts=--no-access-log",  # the detector asks for the champion every few seconds
        *(["--app-name", "basic-auth"] if settings.mlflow_admin_password else []),
    ]


def server_environment(settings: MlflowServerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Environment of the server: ours, over which the caller's own MLFLOW_ variables win."""
    ours = {"MLFLOW_BACKEND_STORE_URI": settings.backend_store, **QUIET_DEFAULTS, **_names(settings, environment)}
    if settings.mlflow_admin_password or settings.mlflow_webhook_url:
        ours |= server_keys(settings)
    if settings.mlflow_admin_password:
        ours |= {
            "MLFLOW_AUTH_CONFIG_PATH": str(settings.folder / "access.ini"),
            "MLFLOW_AUTH_ADMIN_PASSWORD": settings.mlflow_admin_password.get_secret_value(),
        }
    if (settings.mlflow_webhook_url or "").startswith("http://"):
        # without TLS it is inside a private network, which MLflow refuses by default
        ours |= {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "https,http", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    return {**ours, **environment}


def _names(settings: MlflowServerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Names it answers to, and the pages it lets write; without any, MLflow's own defaults stay."""
    names = [*settings.mlflow_allowed_hosts, *filter(None, (environment.get(name) for name in PLATFORM_NAMES))]
    if not names:
        return {}
    # MLflow compares the whole header: a name counts without and with a port
    hosts = [pattern for name in (*LOCAL_HOSTS, *names) for pattern in (name, f"{name}:*")]
    origins = [origin for name in names for origin in (f"https://{name}", f"http://{name}", f"http://{name}:*")]
    return {
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(origins),
    }
