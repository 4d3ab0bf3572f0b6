"""Health over HTTP for services that have no web server of their own."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

from vigie_runtime.errors import ConfigurationError

Status = Mapping[str, object]
Hook = Callable[[Mapping[str, str], bytes], int]
"""Takes headers (names in lower case) and the raw body of a POST; answers with an HTTP status code."""

MAX_BODY_BYTES = 65_536
NO_HOOKS: Mapping[str, Hook] = MappingProxyType({})


class StatusServer:
    """Serves /healthz (alive), /readyz (200 once `ready` is in the status, else 503), /status and hooks.

    Raises ConfigurationError where the address cannot be listened on.
    """

    def __init__(
        self,
        port: int,
        status: Callable[[], Status],
        *,
        host: str = "127.0.0.1",
        hooks: Mapping[str, Hook] = NO_HOOKS,
    ) -> None:
        family = _IPv6Server if ":" in host else ThreadingHTTPServer
        try:
            self._server = family((host, port), _handler(status, hooks))
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"VIGIE_STATUS_HOST, VIGIE_STATUS_PORT: cannot listen on {host} port {port} ({error}). "
                "Choose an address of this machine and a port that is free."
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="status", daemon=True)

    @property
    def port(self) -> int:
        """Port in use, also when 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()


class _IPv6Server(ThreadingHTTPServer):
    """On `::` it answers IPv4 as well: some private networks have only one of the two."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def _handler(status: Callable[[], Status], hooks: Mapping[str, Hook]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a client that says nothing must not keep a thread

        def do_GET(self) -> None:
            current = status()
            if self.path == "/healthz":
                self._answer(200, {"alive": True})
            elif self.path == "/readyz":
                self._answer(200 if current.get("ready") else 503, current)
            elif self.path == "/status":
                self._answer(200, current)
            else:
                self._answer(404, {"error": "try /healthz, /readyz or /status"})

        def do_POST(self) -> None:
            hook = hooks.get(self.path)
            length = self.headers.get("Content-Length", "")
            if hook is None:
                self._answer(404, {"error": "nothing takes a POST here"})
            elif not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY_BYTES:
                self.close_connection = True
                self._answer(413, {"error": f"Send Content-Length, {MAX_BODY_BYTES} at most."})
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                code = hook(headers, self.rfile.read(int(length)))
                self._answer(code, {"accepted": code < 300})

        def _answer(self, code: int, body: Status) -> None:
            payload = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Health checks come every second: not worth a line each."""

    return Handler
