"""An open page: follows the service's stream of events as a browser would, and notes when each alert came."""

import json
import threading
import time
from contextlib import suppress
from typing import Final, Self

import httpx2

OPEN_SECONDS: Final = 30.0


class OpenPage:
    """Use as a context manager; `seen` holds id and wall clock time in seconds of each alert event."""

    def __init__(self, address: str) -> None:
        self._url = f"{address}/events"
        self._client = httpx2.Client(timeout=OPEN_SECONDS)
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="open page", daemon=True)
        self.seen: list[tuple[str, float]] = []

    def _follow(self) -> None:
        with suppress(httpx2.HTTPError), self._client.stream("GET", self._url) as stream:
            event = ""
            for line in stream.iter_lines():
                at = time.time()
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                    self._opened.set()
                elif line.startswith("data: ") and event == "alert":
                    self.seen.append((json.loads(line.removeprefix("data: "))["alert"]["alert_id"], at))

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened.wait(OPEN_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
