"""TCP ports on this machine."""

import socket

from vigie_runtime import ConfigurationError

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def claim(port: int, *, purpose: str, variable: str) -> int:
    """The port if it is free, any free one for 0; raise ConfigurationError that names the variable to set."""
    if port == 0:
        return free_port()
    if not is_free(port):
        raise ConfigurationError(
            f"Port {port} for {purpose} is taken by another program. "
            f"Stop that program, or choose another port: `make run {variable}=0` takes any free one."
        )
    return port
