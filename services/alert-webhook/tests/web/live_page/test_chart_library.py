"""The chart library is served out of the cached jar, as committed or not at all."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from alert_webhook.web.live_page.chart_library import FOLDER, chart_library
from vigie_runtime.jars import CHART_LIBRARY, JarBundle

SCRIPT = "/chart-library/uPlot.iife.min.js"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("charts")
    app.register_blueprint(chart_library)
    return app.test_client()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes], None]:
    """Put a jar into the cache whose script is this; only the one that says `right` has the hash that is committed."""
    monkeypatch.setenv("VIGIE_CACHE_DIR", str(tmp_path))

    def put(script: bytes) -> None:
        CHART_LIBRARY.directory.mkdir(parents=True, exist_ok=True)
        jar = CHART_LIBRARY.directory / "uplot.jar"
        with zipfile.ZipFile(jar, "w") as content:
            # with a time of its own the jar is the same each time
            content.writestr(zipfile.ZipInfo(f"{FOLDER}/uPlot.iife.min.js"), script)

    put(b"right")
    digest = hashlib.sha256((CHART_LIBRARY.directory / "uplot.jar").read_bytes()).hexdigest()
    monkeypatch.setattr(JarBundle, "locked_hashes", lambda self: {"uplot.jar": digest})
    return put


def test_it_is_served_once_and_then_known_to_the_browser(client: FlaskClient, cache: Callable[[bytes], None]) -> None:
    first = client.get(SCRIPT)
    again = client.get(SCRIPT, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, first.data, first.mimetype) == (200, b"right", "text/javascript")
    assert again.status_code == 304


def test_a_jar_with_another_hash_is_not_served(client: FlaskClient, cache: Callable[[bytes], None]) -> None:
    cache(b"tampered")

    answer = client.get(SCRIPT)

    assert (answer.status_code, b"tampered" in answer.data) == (404, False)


def test_nothing_else_of_the_jar_is_served(client: FlaskClient, cache: Callable[[bytes], None]) -> None:
    assert client.get("/chart-library/package.json").status_code == 404
    assert client.get("/chart-library/..%2F..%2Fetc%2Fpasswd").status_code == 404


def test_what_was_never_fetched_is_missing_in_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIGIE_CACHE_DIR", str(tmp_path))

    answer = client.get("/chart-library/uPlot.min.css")

    assert (answer.status_code, answer.mimetype) == (404, "text/css")
    assert "vigie_local fetch" in answer.text
