"""Every file of the page is in the package: nothing of it has to be fetched or prepared beforehand."""

import hashlib
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from alert_webhook.settings import AlertWebhookSettings

STATIC = files("alert_webhook.web") / "static"
LIBRARY = STATIC / "uplot"


@pytest.fixture
def client(
    app_of: Callable[[AlertWebhookSettings], Flask], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> FlaskClient:
    """The page of a service that was not prepared: its cache folder is empty."""
    monkeypatch.setenv("VIGIE_CACHE_DIR", str(tmp_path / "empty"))
    return app_of(AlertWebhookSettings(data_dir=tmp_path)).test_client()


def test_every_file_that_the_page_names_is_served(client: FlaskClient) -> None:
    with client.get("/") as page:
        named = re.findall(r'(?:href|src)="(/[^"#?]+\.(?:css|js|svg))"', page.text)

    assert any(name.endswith("uPlot.iife.min.js") for name in named)
    assert {name: status(client, name) for name in named} == dict.fromkeys(named, 200)


def test_the_chart_library_is_the_published_one() -> None:
    """Its README states the hash of each file as it is in the npm package."""
    stated = re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", (LIBRARY / "README.md").read_text(), re.MULTILINE)

    found = {name: hashlib.sha256((LIBRARY / name).read_bytes()).hexdigest() for name, _ in stated}

    assert dict(stated) == found
    assert {"uPlot.iife.min.js", "uPlot.min.css", "LICENSE"} == set(found)


def status(client: FlaskClient, path: str) -> int:
    with client.get(path) as answer:
        return answer.status_code
