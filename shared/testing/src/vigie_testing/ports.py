"""TCP ports for servers of a test's own."""

import socket


def free_port() -> int:
    """A port of 127.0.0.1 on which no server listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
