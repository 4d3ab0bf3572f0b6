"""Live quality, measured with labels as they arrive, each figure with its uncertainty."""

from grafana_provisioning.dashboards.assembly import PanelBuilder
from grafana_provisioning.flux import Reading, at_the_end, over_all, over_time
from grafana_provisioning.limits import GOOD, NEUTRAL, WARNING, Levels
from grafana_provisioning.panels import CHART_HEIGHT, SeriesStyle, chart, figure
from vigie_schemas.measurements import SPAN_CUMULATIVE, SPAN_WINDOW

SLOW = "5m"
"""Drift and quality are computed over an hour or more: shorter windows show nothing new."""


def quality_figure(title: str, field: str, meaning: str) -> PanelBuilder:
    """One quality figure over all labels so far."""
    return figure(
        title, at_the_end(Reading("quality", (field,), {"span": SPAN_CUMULATIVE}), within="10m"),
        f"{meaning} Over all labels so far; for its uncertainty, see '{title}, live'.",
        unit="percentunit", levels=Levels(0.8, 0.5, falling=True), decimals=1, width=3, nothing="no labels",
    )  # fmt: skip


def quality() -> list[PanelBuilder]:
    """Quality over the labels of the last hour, with confidence intervals."""
    return [
        _live("Precision, live", "precision", "Share of flagged transactions that were fraud", GOOD),
        _live("Recall, live", "recall", "Share of fraud that was flagged", NEUTRAL),
        _live(
            "False positives, live",
            "false_positive_rate",
            "Share of transactions that were no fraud and were flagged",
            WARNING,
            maximum=None,
        ),
    ]


def _live(title: str, field: str, meaning: str, colour: str, *, maximum: float | None = 1) -> PanelBuilder:
    """The figure of the last hour's labels with its 95 % confidence interval."""
    low, high = f"{field}_low", f"{field}_high"
    hidden = {"custom.lineWidth": 0, "custom.fillOpacity": 0}
    band = {**hidden, "custom.fillBelowTo": "at least", "custom.fillOpacity": 15}
    return chart(
        title, [over_time(Reading("quality", (field, low, high), {"span": SPAN_WINDOW}), "last")],
        f"{meaning}, over the labels of the last hour. The band is the 95 % confidence interval: a change within it "
        "may be chance.",
        unit="percentunit", maximum=maximum, width=8, at_least=SLOW,
        lines={
            field: SeriesStyle(title.split(",")[0], colour),
            low: SeriesStyle("at least", colour, extra=hidden),
            high: SeriesStyle("at most", colour, extra=band),
        },
    )  # fmt: skip


def fraud() -> list[PanelBuilder]:
    """Fraud that was caught and fraud that was missed."""
    return [
        _fraud_by_scenario("Fraud caught, by scenario", "caught", "Fraud that had alerted."),
        _fraud_by_scenario(
            "Fraud missed, by scenario", "missed",
            "Fraud that had not alerted. A scenario that appears only here is not visible in the features.",
        ),
        chart(
            "Labels", [over_time(Reading("quality", ("labelled", "frauds"), by=("span",)), "last")],
            "Transactions with a label, and the frauds among them; quality is computed from them. If it stays flat, "
            "no labels arrive.",
            name="${__field.name}, ${__field.labels.span}", width=12, at_least=SLOW,
        ),
        figure(
            "Caught", over_all(Reading("fraud", ("caught_eur",)), "sum"),
            "Amount of fraud that was flagged, in the shown time range.",
            unit="currencyEUR", decimals=0, nothing="no labels", width=6, height=CHART_HEIGHT,
        ),
        figure(
            "Missed", over_all(Reading("fraud", ("missed_eur",)), "sum"),
            "Amount of fraud that was not flagged, in the shown time range.",
            unit="currencyEUR", decimals=0, nothing="no labels", width=6, height=CHART_HEIGHT,
        ),
    ]  # fmt: skip


def _fraud_by_scenario(title: str, field: str, meaning: str) -> PanelBuilder:
    reading = Reading("fraud", (field,), by=("scenario",))
    return chart(
        title, [over_time(reading, "sum", merge="sum")], f"{meaning} Shown at the time its label came.",
        name="${__field.labels.scenario}", bars=True, width=12,
    )  # fmt: skip
