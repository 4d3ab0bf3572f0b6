"""One account's alerts over time: where a link in an alert leads."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, TextBoxVariable

from grafana_provisioning.dashboards.assembly import PanelBuilder, assembled
from grafana_provisioning.flux import alerts_of_account, piped
from grafana_provisioning.levels import NEUTRAL, WARNING
from grafana_provisioning.panels import Line, chart, figure, rows
from grafana_provisioning.places import ACCOUNT, ALERT_LINK

FIELDS = (
    "account_id", "amount_eur", "score", "threshold", "first_reason", "first_feature", "made_at_ms", "model_version",
    "transaction_id", "alert_id",
)  # fmt: skip
VARIABLE = "${account}"


def account() -> Dashboard:
    """For who looks into one alert and wants to know what else happened there."""
    board = assembled(
        ACCOUNT,
        "Account",
        "Alerts of one account. Only its pseudonym is known here; put it above, or come from an alert's link.",
        [*_totals(), *_over_time(), _table()],
        hours=24,
        refresh="1m",
    )
    return board.with_variable(TextBoxVariable("account").label("Account").default_value(""))


def _totals() -> list[PanelBuilder]:
    return [
        figure(
            "Alerts", _one("score", "count"), "Of this account in the time shown.", width=6, nothing="none"
        ),
        figure(
            "Money flagged", _one("amount_eur", "sum"), "Sum of its flagged payments, in EUR at fixed rates.",
            unit="currencyEUR", decimals=0, width=6, nothing="none",
        ),
        figure(
            "Largest payment flagged", _one("amount_eur", "max"), "In EUR at fixed rates.",
            unit="currencyEUR", decimals=0, width=6, nothing="none",
        ),
        figure(
            "Highest score", _one("score", "max"), "1 is as unusual as can be.",
            decimals=3, width=6, nothing="none",
        ),
    ]  # fmt: skip


def _over_time() -> list[PanelBuilder]:
    return [
        chart(
            "Scores of the alerts", [_points("score", "threshold")],
            "Each point an alert, above the threshold of its time. Points that climb within minutes are one attack.",
            lines={
                "score": Line("score", WARNING, extra=POINTS),
                "threshold": Line("threshold", NEUTRAL, extra=POINTS),
            },
            minimum=None, maximum=1,
        ),
        chart(
            "Amounts of the alerts", [_points("amount_eur")],
            "Small ones first and a large one later is a stolen card being tried.", unit="currencyEUR",
            lines={"amount_eur": Line("amount", WARNING, extra=POINTS)},
        ),
    ]  # fmt: skip


LIVE_PAGE = {"title": "Open on the live page", "url": ALERT_LINK, "targetBlank": True}
POINTS = {"custom.drawStyle": "points", "custom.pointSize": 8}


def _points(*fields: str) -> str:
    """Figures of each of the account's alerts."""
    kept = ", ".join(f'"{name}"' for name in ("_time", *fields))
    return piped(alerts_of_account(("account_id", *fields), VARIABLE), f"keep(columns: [{kept}])")


def _one(field: str, aggregate: str) -> str:
    """One figure of all the account's alerts."""
    one = alerts_of_account(("account_id", field), VARIABLE)
    return piped(one, f'keep(columns: ["{field}"])', f'{aggregate}(column: "{field}")')


def _table() -> PanelBuilder:
    listed = ", ".join(f'"{name}"' for name in ("_time", "severity", "segment", *FIELDS) if name != "account_id")
    newest = (f"keep(columns: [{listed}])", 'sort(columns: ["_time"], desc: true)', "limit(n: 100)")
    return rows(
        "Its alerts, newest first", piped(alerts_of_account(FIELDS, VARIABLE), *newest),
        "The latest hundred. Open one on the live page to see all its reasons and to say whether it was fraud.",
        columns={
            "_time": Line("time"),
            "made_at_ms": Line("paid", unit="dateTimeAsIso"),
            "amount_eur": Line("amount", unit="currencyEUR"),
            "first_reason": Line("first reason", extra={"custom.width": 420}),
            "first_feature": Line("feature"),
            "transaction_id": Line("transaction"),
            "model_version": Line("model"),
            "alert_id": Line("alert", extra={"links": [LIVE_PAGE]}),
        },
    )  # fmt: skip
