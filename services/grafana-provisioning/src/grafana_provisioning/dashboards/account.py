"""One account's alerts over time: where a link in an alert leads."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, TextBoxVariable

from grafana_provisioning.dashboards.assembly import ACCOUNT, ALERT_LINK, PanelBuilder, assembled
from grafana_provisioning.flux import alerts_of_account, piped
from grafana_provisioning.limits import NEUTRAL, WARNING
from grafana_provisioning.panels import SeriesStyle, chart, figure, rows

FIELDS = (
    "account_id", "amount_eur", "score", "threshold", "first_reason", "first_feature", "made_at_ms", "model_version",
    "transaction_id", "alert_id",
)  # fmt: skip
VARIABLE = "${account}"


def account() -> Dashboard:
    """For whoever examines one alert and needs to see what else happened on the account."""
    board = assembled(
        ACCOUNT,
        "Account",
        "Alerts of one account. Enter its pseudonym above, or follow the link of an alert.",
        [*_totals(), *_over_time(), _table()],
        hours=24,
        refresh="1m",
    )
    return board.with_variable(TextBoxVariable("account").label("Account").default_value(""))


def _totals() -> list[PanelBuilder]:
    return [
        figure(
            "Alerts", _one("score", "count"), "Of this account in the shown time range.", width=6, nothing="none"
        ),
        figure(
            "Money flagged", _one("amount_eur", "sum"), "Sum of its flagged transactions, in EUR at fixed rates.",
            unit="currencyEUR", decimals=0, width=6, nothing="none",
        ),
        figure(
            "Largest flagged transaction", _one("amount_eur", "max"), "In EUR at fixed rates.",
            unit="currencyEUR", decimals=0, width=6, nothing="none",
        ),
        figure(
            "Highest score", _one("score", "max"), "1 is the most unusual score possible.",
            decimals=3, width=6, nothing="none",
        ),
    ]  # fmt: skip


def _over_time() -> list[PanelBuilder]:
    return [
        chart(
            "Scores of the alerts", [_points("score", "threshold")],
            "Each point is an alert, with the threshold at its time. Points that rise within minutes are one attack.",
            lines={
                "score": SeriesStyle("score", WARNING, extra=POINTS),
                "threshold": SeriesStyle("threshold", NEUTRAL, extra=POINTS),
            },
            minimum=None, maximum=1,
        ),
        chart(
            "Amounts of the alerts", [_points("amount_eur")],
            "Small amounts first and a large one later: a stolen card is being tested.", unit="currencyEUR",
            lines={"amount_eur": SeriesStyle("amount", WARNING, extra=POINTS)},
        ),
    ]  # fmt: skip


LIVE_PAGE = {"title": "Open on the live page", "url": ALERT_LINK, "targetBlank": True}
POINTS = {"custom.drawStyle": "points", "custom.pointSize": 8}


def _points(*fields: str) -> str:
    """Values of each alert of the account."""
    kept = ", ".join(f'"{name}"' for name in ("_time", *fields))
    return piped(alerts_of_account(("account_id", *fields), VARIABLE), f"keep(columns: [{kept}])")


def _one(field: str, aggregate: str) -> str:
    """One figure over all alerts of the account."""
    one = alerts_of_account(("account_id", field), VARIABLE)
    return piped(one, f'keep(columns: ["{field}"])', f'{aggregate}(column: "{field}")')


def _table() -> PanelBuilder:
    listed = ", ".join(f'"{name}"' for name in ("_time", "severity", "segment", *FIELDS) if name != "account_id")
    newest = (f"keep(columns: [{listed}])", 'sort(columns: ["_time"], desc: true)', "limit(n: 100)")
    return rows(
        "Alerts, newest first", piped(alerts_of_account(FIELDS, VARIABLE), *newest),
        "The latest hundred. Open one on the live page to see all its reasons and to answer whether it was fraud.",
        columns={
            "_time": SeriesStyle("time"),
            "made_at_ms": SeriesStyle("transaction made", unit="dateTimeAsIso"),
            "amount_eur": SeriesStyle("amount", unit="currencyEUR"),
            "first_reason": SeriesStyle("first reason", extra={"custom.width": 420}),
            "first_feature": SeriesStyle("feature"),
            "transaction_id": SeriesStyle("transaction"),
            "model_version": SeriesStyle("model"),
            "alert_id": SeriesStyle("alert", extra={"links": [LIVE_PAGE]}),
        },
    )  # fmt: skip
