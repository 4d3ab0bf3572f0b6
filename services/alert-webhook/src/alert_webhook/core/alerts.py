"""Where an alert can be looked at."""

from typing import Final
from urllib.parse import quote, urlencode

from vigie_schemas import Alert

ACCOUNT_DASHBOARD: Final = "vigie-account"  # its uid in services/grafana-provisioning
BEFORE_MS: Final = 24 * 3_600_000
AFTER_MS: Final = 3_600_000


def page_link(page_url: str, alert: Alert) -> str:
    """The live page, opened at the alert."""
    return f"{page_url.rstrip('/')}/?alert={quote(alert.alert_id, safe='')}"


def grafana_link(grafana_url: str | None, alert: Alert) -> str | None:
    """The account's dashboard around the alert's time; None without Grafana."""
    if grafana_url is None:
        return None
    at_ms = alert.transaction.timestamp_ms
    query = {"var-account": alert.account_id, "from": at_ms - BEFORE_MS, "to": at_ms + AFTER_MS}
    return f"{grafana_url.rstrip('/')}/d/{ACCOUNT_DASHBOARD}?{urlencode(query)}"
