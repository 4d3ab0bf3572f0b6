import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Answer:
    code: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Responder = Callable[[Asked], Answer]


NAME = "ghcr.io/bank/vigie/alert-webhook"
OLD = f"sha256:{'a' * 64}"


class RenderSite:
    """Render's API as its reference describes it, for one web service, and the service's own page."""

    def __init__(self, *, ends_as: dict[str, str] | None = None, ill: str | None = None) -> None:
        self._ends_as = ends_as or {}
        self._ill = ill
        self.deploys = [self._deploy("dep-0", OLD, "live")]
        self.rolled_back_to: list[str] = []
        self.address = ""

    def _deploy(self, identity: str, digest: str, status: str) -> dict[str, Any]:
        return {"id": identity, "status": status, "image": {"ref": f"{NAME}:main", "sha": digest}}

    def _start(self, digest: str) -> dict[str, Any]:
        deploy = self._deploy(f"dep-{len(self.deploys)}", digest, "created")
        self.deploys.append(deploy)
        return deploy

    @property
    def live(self) -> dict[str, Any]:
        return [deploy for deploy in self.deploys if deploy["status"] == "live"][-1]

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/healthz":
            return Answer(503 if self.live["image"]["sha"] == self._ill else 200)
        if asked.headers.get("authorization") != "Bearer key":
            return Answer(401, {"message": "unauthorized"})
        path, _, query = asked.path.partition("?")
        match asked.method, path.split("/")[1:]:
            case "GET", ["services"]:
                details = {"url": self.address, "healthCheckPath": "/healthz"}
                service = {"id": "srv-1", "name": "alert-webhook", "serviceDetails": details}
                others = [
                    {"id": "srv-2", "name": "alert-webhook-old", "serviceDetails": {}},
                    {"id": "srv-1", "name": "trainer", "serviceDetails": {}},  # a cron job has no address
                ]
                return Answer(body=[*({"service": other} for other in others), {"service": service}])
            case "GET", ["services", "srv-1", "deploys"]:
                assert query == "status=live&limit=1"
                return Answer(body=[{"deploy": self.live, "cursor": "c"}])
            case "POST", ["services", "srv-1", "deploys"]:
                return Answer(201, self._start(asked.body["imageUrl"].partition("@")[2]))
            case "GET", ["services", "srv-1", "deploys", identity]:
                return Answer(body=self._moved_on(identity))
            case "POST", ["services", "srv-1", "rollback"]:
                self.rolled_back_to.append(asked.body["deployId"])
                return Answer(201, self._start(OLD))
        return Answer(404, {"message": f"no {asked.method} {asked.path}"})

    def _moved_on(self, identity: str) -> dict[str, Any]:
        deploy = next(deploy for deploy in self.deploys if deploy["id"] == identity)
        later = {"created": "update_in_progress", "update_in_progress": "live"}
        end = self._ends_as.get(deploy["image"]["sha"], "live")
        status = later.get(deploy["status"], deploy["status"])
        deploy["status"] = end if status == "live" else status
        return deploy


@pytest.fixture
def serve() -> Iterator[Callable[[Responder], str]]:
    """A real HTTP server on this machine in a platform's place; what it answers is the test's."""
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Responder) -> str:
        class Handler(BaseHTTPRequestHandler):
            def reply(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                content = self.rfile.read(length)
                asked = Asked(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(content) if content else None,
                )
                found = respond(asked)
                payload = b"" if found.body is None else json.dumps(found.body).encode()
                self.send_response(found.code)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(payload)

            def log_message(self, format: str, *args: object) -> None:
                pass

        for method in ("GET", "POST", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.reply)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def render_site(serve: Callable[[Responder], str]) -> Callable[..., RenderSite]:
    """Start Render's stand-in; it runs OLD, and behaves as its attributes say."""

    def start(**behaviour: Any) -> RenderSite:
        site = RenderSite(**behaviour)
        site.address = serve(site)
        return site

    return start
