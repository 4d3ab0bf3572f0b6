"""A stand-in for MLflow's server, whose answers a test chooses; `running_registry` starts the real one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

API: Final = "/api/2.0/mlflow/"
MODEL_VERSION_QUESTIONS: Final = ("registered-models/alias", "model-versions/get")


class Reply(NamedTuple):
    """What the stand-in sends."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Question(NamedTuple):
    """What it was asked; names of headers in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


def mlflow_error(status: int, code: str, message: str = "") -> Reply:
    """One of MLflow's own errors."""
    return Reply(status, json.dumps({"error_code": code, "message": message}).encode())


NOT_THERE: Final = mlflow_error(404, "RESOURCE_DOES_NOT_EXIST")


class StandInMlflow:
    """Answers by question; whatever it was given no answer to does not exist.

    A question is the part of the path after /api/2.0/mlflow/, or `get-artifact PATH`, or `artifacts/list PATH` with the
    page's token after it.
    """

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.questions: list[Question] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, path: str, query: dict[str, str]) -> Reply:
        """The answer to a question."""
        question = path.rsplit(API, 1)[-1].strip("/")
        if "path" in query:
            question = f"{question} {query['path']}{query.get('page_token', '')}"
        return self.replies.get(question, NOT_THERE)

    def say(self, question: str, content: object) -> None:
        """Answer 200 with JSON."""
        self.replies[question] = Reply(200, json.dumps(content).encode())

    def register(self, version: int, **tags: str) -> None:
        """Make a version champion, with tags and the run `run-VERSION`."""
        labels = [{"key": key, "value": value} for key, value in tags.items()]
        named = {"version": str(version), "run_id": f"run-{version}", "creation_timestamp": 12, "tags": labels}
        for question in MODEL_VERSION_QUESTIONS:
            self.say(question, {"model_version": named})

    def keep(self, path: str, content: bytes) -> None:
        """Hold an artifact, and list it in its folder."""
        self.replies[f"get-artifact {path}"] = Reply(200, content)
        question = f"artifacts/list {path.rpartition('/')[0]}"
        listed = json.loads(self.replies[question].body)["files"] if question in self.replies else []
        self.say(question, {"files": [*listed, {"path": path, "is_dir": False}]})


@contextmanager
def stand_in_mlflow() -> Iterator[StandInMlflow]:
    """A stand-in that listens while the block runs."""
    mlflow = StandInMlflow()
    thread = threading.Thread(target=mlflow._server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield mlflow
    finally:
        mlflow._server.shutdown()
        mlflow._server.server_close()
        thread.join()


def _handler(mlflow: StandInMlflow) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = dict(parse_qsl(url.query))
            headers = {name.lower(): value for name, value in self.headers.items()}
            mlflow.questions.append(Question(url.path, query, headers))
            reply = mlflow.reply(url.path, query)
            self.send_response(reply.status)
            for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `questions`."""

    return Handler
