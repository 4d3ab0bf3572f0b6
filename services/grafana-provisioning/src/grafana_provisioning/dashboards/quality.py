"""How right it is, judged by labels as they arrive: each figure with its uncertainty."""

from grafana_provisioning.dashboards.assembly import PanelBuilder
from grafana_provisioning.flux import Reading, at_the_end, over_all, over_time
from grafana_provisioning.levels import GOOD, NEUTRAL, WARNING, Levels
from grafana_provisioning.panels import CHART_HEIGHT, Line, chart, figure
from vigie_schemas.measurements import SPAN_CUMULATIVE, SPAN_WINDOW

SLOW = "5m"
"""Drift and quality are taken over hours: finer windows than this show nothing new."""


def quality_figure(title: str, field: str, meaning: str) -> PanelBuilder:
    """One quality figure over all labels so far."""
    return figure(
        title, at_the_end(Reading("quality", (field,), {"span": SPAN_CUMULATIVE}), within="10m"),
        f"{meaning} Over all labels so far; how sure that is: {title}, live.",
        unit="percentunit", levels=Levels(0.8, 0.5, falling=True), decimals=1, width=3, nothing="no labels",
    )  # fmt: skip


def quality() -> list[PanelBuilder]:
    """Over the latest labels, with the band the truth lies in."""
    return [
        _live("Precision, live", "precision", "Share of flagged payments that were fraud", GOOD),
        _live("Recall, live", "recall", "Share of known fraud that was flagged", NEUTRAL),
        _live(
            "False positives, live",
            "false_positive_rate",
            "Share of honest payments that were flagged",
            WARNING,
            maximum=None,
        ),
    ]


def _live(title: str, field: str, meaning: str, colour: str, *, maximum: float | None = 1) -> PanelBuilder:
    """The figure of the latest labels inside the band it lies in with 95 % certainty."""
    low, high = f"{field}_low", f"{field}_high"
    hidden = {"custom.lineWidth": 0, "custom.fillOpacity": 0}
    return chart(
        title, [over_time(Reading("quality", (field, low, high), {"span": SPAN_WINDOW}), "last")],
        f"{meaning}, over the latest labels. The band holds the truth with 95 % certainty: a change within it is no "
        f"change.",
        unit="percentunit", maximum=maximum, width=8, at_least=SLOW,
        lines={
            field: Line(title.split(",")[0], colour),
            low: Line("at least", colour, extra=hidden),
            high: Line("at most", colour, extra={**hidden, "custom.fillBelowTo": "at least", "custom.fillOpacity": 15}),
        },
    )  # fmt: skip


def fraud() -> list[PanelBuilder]:
    """What was caught and what was missed."""
    return [
        _fraud_by_scenario("Fraud caught, by scenario", "caught", "Known fraud that had been alerted on."),
        _fraud_by_scenario(
            "Fraud missed, by scenario", "missed",
            "Known fraud nobody was alerted on. A scenario that stands here only: the features do not see it.",
        ),
        chart(
            "Labels known", [over_time(Reading("quality", ("labelled", "frauds"), by=("span",)), "last")],
            "Payments whose truth is known, and the frauds among them, which the quality figures stand on. Flat for "
            "long: no "
            "labels arrive.",
            name="${__field.name}, ${__field.labels.span}", width=12, at_least=SLOW,
        ),
        figure(
            "Caught", over_all(Reading("fraud", ("caught_eur",)), "sum"),
            "Known fraud that was flagged, in the time shown.",
            unit="currencyEUR", decimals=0, nothing="no labels", width=6, height=CHART_HEIGHT,
        ),
        figure(
            "Missed", over_all(Reading("fraud", ("missed_eur",)), "sum"),
            "Known fraud that was not, in the time shown.",
            unit="currencyEUR", decimals=0, nothing="no labels", width=6, height=CHART_HEIGHT,
        ),
    ]  # fmt: skip


def _fraud_by_scenario(title: str, field: str, meaning: str) -> PanelBuilder:
    reading = Reading("fraud", (field,), by=("scenario",))
    return chart(
        title, [over_time(reading, "sum", merge="sum")], f"{meaning} At the moment its label came.",
        name="${__field.labels.scenario}", bars=True, width=12,
    )  # fmt: skip
