"""A webhook receiver: keeps what is posted, one JSON document a line, and gives it back to a GET."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

received: list[dict[str, object]] = []


class Receiver(BaseHTTPRequestHandler):
    """POST keeps, GET shows."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        received.append({"headers": dict(self.headers.items()), "body": body})
        self._answer("{}")

    def do_GET(self) -> None:
        self._answer(json.dumps(received))

    def _answer(self, text: str) -> None:
        payload = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """What came is looked at, not logged."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 9000), Receiver).serve_forever()
