"""Health over HTTP for services that have no web server of their own."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Status = Mapping[str, object]


class StatusServer:
    """Serves /healthz (alive), /readyz (200 once `ready` is true in the status, else 503) and /status."""

    def __init__(self, port: int, status: Callable[[], Status], *, host: str = "127.0.0.1") -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(status))
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


def _handler(status: Callable[[], Status]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
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
