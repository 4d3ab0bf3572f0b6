"""What is on and what is off is said on start."""

import pytest

from vigie_local.dashboards import dashboards
from vigie_local.settings import LocalSettings


@pytest.fixture(autouse=True)
def _no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INFLUXDB_URL", "GRAFANA_URL"):
        monkeypatch.delenv(name, raising=False)


def test_what_is_not_set_is_off() -> None:
    assert all(text.startswith("off: set ") for text in dashboards(LocalSettings(), lambda url: True).values())


def test_what_answers_is_named_by_its_address() -> None:
    asked = []
    settings = LocalSettings(influxdb_url="http://127.0.0.1:8086/", grafana_url="http://127.0.0.1:3000")

    shown = dashboards(settings, lambda url: not asked.append(url))

    assert shown == {"InfluxDB": "http://127.0.0.1:8086", "Grafana": "http://127.0.0.1:3000"}
    assert asked == ["http://127.0.0.1:8086/health", "http://127.0.0.1:3000/api/health"]


def test_what_does_not_answer_is_said() -> None:
    settings = LocalSettings(influxdb_url="http://127.0.0.1:8086")

    assert dashboards(settings, lambda url: False)["InfluxDB"] == (
        "http://127.0.0.1:8086 does not answer: figures wait on disk until it does"
    )
