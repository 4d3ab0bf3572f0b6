"""A taken port, named before MLflow starts: its own exit code after one is 0."""

import socket

from vigie_runtime import ConfigurationError


def require_free_port(host: str, port: int) -> None:
    """Raise ConfigurationError when something listens on the port already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given up is free
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"MLflow cannot listen on {host}:{port} ({error.strerror}). "
                "End what uses the port or set VIGIE_MLFLOW_PORT."
            ) from None
