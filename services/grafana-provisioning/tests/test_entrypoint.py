"""What the container does before Grafana starts, run as the shell script it is."""

import json
import subprocess
from pathlib import Path

import pytest

from grafana_provisioning.__main__ import PROVISIONING, SERVICE

NEEDED = {
    "INFLUXDB_URL": "http://influxdb:8086",
    "INFLUXDB_TOKEN": "read-only",
    "INFLUXDB_ORG": "vigie",
    "INFLUXDB_BUCKET": "vigie",
    "VIGIE_GRAFANA_TOKEN": "shared",
}


def start(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run the entrypoint with a program in Grafana's place that prints what it was given."""
    grafana = folder / "grafana"
    grafana.write_text('#!/bin/sh\necho "$GF_SERVER_ROOT_URL $VIGIE_ALERT_WEBHOOK_URL $GF_PATHS_PROVISIONING $*"\n')
    grafana.chmod(0o755)
    (folder / "filled").mkdir()
    environment = {
        "PATH": "/usr/bin:/bin",
        "VIGIE_GENERATED": str(PROVISIONING),
        "GF_PATHS_PROVISIONING": str(folder / "filled"),
        "VIGIE_GRAFANA_COMMAND": str(grafana),
        **NEEDED,
        **changed,
    }
    kept = {name: value for name, value in environment.items() if value}
    command = [str(SERVICE / "entrypoint.sh"), "one", "two"]
    return subprocess.run(command, env=kept, capture_output=True, text=True, check=False)


def test_links_lead_to_this_installation(tmp_path: Path) -> None:
    ended = start(tmp_path, GRAFANA_URL="https://grafana.bank.example/", VIGIE_PAGE_URL="https://vigie.bank.example")

    texts = [path.read_text() for path in (tmp_path / "filled").rglob("*") if path.is_file()]
    assert ended.returncode == 0, ended.stderr
    assert not any("127.0.0.1" in text for text in texts)
    assert any("https://vigie.bank.example/?alert=" in text for text in texts)
    assert any('"runbook_url": "https://grafana.bank.example/d/vigie-runbook?viewPanel=1"' in text for text in texts)
    assert ended.stdout.split() == [
        "https://grafana.bank.example/", "https://vigie.bank.example", str(tmp_path / "filled"), "one", "two"
    ]  # fmt: skip


def test_every_filled_dashboard_is_still_json(tmp_path: Path) -> None:
    start(tmp_path, GRAFANA_URL="https://grafana.bank.example", VIGIE_PAGE_URL="https://bank.example/vigie?a=b")

    for path in (tmp_path / "filled").rglob("*.json"):
        json.loads(path.read_text())


@pytest.mark.parametrize(("address", "kinds"), [("https://hooks.example/T1", ["webhook", "slack"]), ("", ["webhook"])])
def test_slack_is_a_receiver_where_it_has_an_address(address: str, kinds: list[str], tmp_path: Path) -> None:
    start(tmp_path, SLACK_WEBHOOK_URL=address)

    (point,) = json.loads((tmp_path / "filled" / "alerting" / "contact-points.json").read_text())["contactPoints"]
    assert [receiver["type"] for receiver in point["receivers"]] == kinds
    assert not (tmp_path / "filled" / "alerting" / "contact-points-with-slack.json").exists()


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    ended = start(tmp_path, **{name: ""})

    assert ended.returncode != 0
    assert name in ended.stderr


@pytest.mark.parametrize("address", ["http://a|b", 'http://a"b', "http://a&b"])
def test_an_address_that_would_break_a_file_is_refused(address: str, tmp_path: Path) -> None:
    ended = start(tmp_path, GRAFANA_URL=address)

    assert ended.returncode == 1
    assert "plain addresses" in ended.stderr


@pytest.mark.parametrize("given", ["influxdb-a1:8086", "http://influxdb-a1:8086"])
def test_an_address_without_a_scheme_is_http(given: str, tmp_path: Path) -> None:
    grafana = tmp_path / "prints-its-address"
    grafana.write_text('#!/bin/sh\necho "$INFLUXDB_URL"\n')
    grafana.chmod(0o755)

    ended = start(tmp_path, INFLUXDB_URL=given, VIGIE_GRAFANA_COMMAND=str(grafana))

    assert ended.stdout.strip() == "http://influxdb-a1:8086"
