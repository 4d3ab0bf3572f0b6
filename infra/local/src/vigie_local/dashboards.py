"""Whether InfluxDB and Grafana are in use: `make run` starts neither, it uses those the environment names."""

from collections.abc import Callable

import httpx2

from vigie_local.settings import LocalSettings

Answers = Callable[[str], bool]


def answers_from_elsewhere(url: str) -> bool:
    """Whether a server answers with 200 that may be reached by a proxy of the environment only."""
    try:
        return httpx2.get(url, timeout=1).status_code == httpx2.codes.OK
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return False


def dashboards(settings: LocalSettings, is_there: Answers = answers_from_elsewhere) -> dict[str, str]:
    """By name, its address if it answers, else what is off and how to have it."""
    return {
        "InfluxDB": _told(
            settings.influxdb_url,
            "/health",
            off="off: set INFLUXDB_URL and INFLUXDB_TOKEN to keep figures",
            away="does not answer: figures wait on disk until it does",
            is_there=is_there,
        ),
        "Grafana": _told(
            settings.grafana_url,
            "/api/health",
            off="off: set GRAFANA_URL to have it linked",
            away="does not answer",
            is_there=is_there,
        ),
    }


def _told(url: str | None, path: str, *, off: str, away: str, is_there: Answers) -> str:
    if not url:
        return off
    address = url.rstrip("/")
    return address if is_there(address + path) else f"{address} {away}"
