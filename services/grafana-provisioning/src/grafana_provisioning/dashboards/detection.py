"""Does it find what it should: alerts, scores against thresholds, reasons, quality with its uncertainty, drift."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import PanelBuilder, assembled
from grafana_provisioning.dashboards.quality import SLOW, fraud, quality, quality_figure
from grafana_provisioning.flux import (
    Reading,
    a_second,
    at_the_end,
    counted_values,
    over_all,
    over_time,
    share_over_all,
)
from grafana_provisioning.levels import CRITICAL, GOOD, NEUTRAL
from grafana_provisioning.panels import Line, chart, figure, ranking
from grafana_provisioning.places import DETECTION
from vigie_schemas import FEATURE_NAMES

ALERTS = Reading("throughput", ("alerts",))
SCORED = Reading("throughput", ("scored",))
MONEY = Reading("alerts", ("money_eur",))
DRIFT = Reading("drift", ("psi",), by=("feature",))
ROWS = Reading("drift", ("rows",), {"feature": FEATURE_NAMES[0]})
"""The same for every feature."""
VERSIONS = ("model_version", "champion_version", "threshold_version", "models")


def detection() -> Dashboard:
    """For who answers for what is flagged."""
    return assembled(
        DETECTION,
        "Detection",
        "What Vigie flags, why, and how right it is. Vertical lines: a new model or new thresholds took over.",
        [*_now(), *_alerts(), *_scores(), *quality(), *fraud(), *_drift()],
        hours=6,
        refresh="30s",
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Alerts", over_all(ALERTS, "sum"), "In the time shown. How they spread over time: Alerts, by severity.",
            width=3, nothing="none",
        ),
        figure(
            "Share of payments flagged", share_over_all(ALERTS, SCORED),
            "The alert budget is 0.63 %. Orange from twice, red from three times that: see the runbook 'Alerts surge'.",
            unit="percentunit", levels=limits.ALERT_SHARE, decimals=2, width=4, nothing="no payments",
        ),
        figure(
            "Money flagged", over_all(MONEY, "sum"),
            "Sum of the flagged payments in the time shown, at fixed rates to EUR.",
            unit="currencyEUR", width=3, decimals=0, nothing="none",
        ),
        quality_figure("Precision", "precision",
        "Of the flagged payments whose label is known, the share that was fraud."),
        quality_figure("Recall", "recall", "Of the known fraud, the share that was flagged."),
        figure(
            "Largest drift", at_the_end(Reading("drift", ("psi",)), merge="max", within="10m"),
            "Stability index of the feature that moved most against what the champion learned from.",
            levels=limits.DRIFT_PSI, decimals=2, width=3, nothing="not measured",
        ),
        figure(
            "Model", at_the_end(Reading("versions", ("model_version",))),
            "Version of the model that scored last. 'silent': no payment was scored.", width=2,
        ),
        figure(
            "Thresholds", at_the_end(Reading("versions", ("threshold_version",))),
            "Version of the thresholds in use; they follow the scores (docs/adr/0009).", width=3,
        ),
    ]  # fmt: skip


def _alerts() -> list[PanelBuilder]:
    by_severity = Reading("alerts", ("count",), by=("severity",))
    return [
        chart(
            "Alerts, by severity", [over_time(by_severity, "sum", merge="sum")],
            "Severity is how far above its threshold a score lies. A wall of one colour: open the latest on the live "
            "page.",
            name="${__field.labels.severity}", bars=True, width=8,
        ),
        chart(
            "Money flagged, by segment",
            [over_time(Reading("alerts", ("money_eur",), by=("segment",)), "sum", merge="sum")],
            "Sum of the flagged payments of each interval. One bar far above the others is one payment or one wave.",
            unit="currencyEUR", name="${__field.labels.segment}", bars=True, width=8,
        ),
        *_what_alerts_share(),
    ]  # fmt: skip


def _what_alerts_share() -> list[PanelBuilder]:
    return [
        ranking(
            "Reasons", counted_values(Reading("alert", ("first_feature",))),
            "The feature that most spoke for each alert. One far ahead of all others: look whether a sender changed "
            "that field.",
        ),
        ranking(
            "Countries of the alerts", counted_values(Reading("alert", ("country",))),
            "Where flagged payments were made. One country rising with one reason is a wave.", width=12,
        ),
        ranking(
            "Merchants of the alerts", counted_values(Reading("alert", ("category",))),
            "Kinds of merchant of flagged payments. One rising with one reason is a wave.", width=12,
        ),
    ]  # fmt: skip


def _scores() -> list[PanelBuilder]:
    quantiles = Reading("scores", ("p50", "p90", "p99"), by=("segment",))
    return [
        chart(
            "Scores against thresholds", [
                over_time(quantiles, "mean"),
                over_time(Reading("threshold", ("threshold",), by=("segment",)), "last"),
            ],
            "Scores near 1 are most unusual. p99 should stay a little below its segment's threshold: far below means "
            "blind, "
            "above means a surge.",
            name="${__field.name} ${__field.labels.segment}", minimum=None, maximum=1, width=16,
        ),
        chart(
            "Scored, by segment", [a_second(Reading("scores", ("count",), by=("segment",)))],
            "How many scores the quantiles beside stand on.",
            unit="reqps", name="${__field.labels.segment}", width=8,
        ),
    ]  # fmt: skip


def _drift() -> list[PanelBuilder]:
    return [
        chart(
            "Drift, by feature", [over_time(DRIFT, "mean")],
            "Population stability index of the last hour against what the champion learned from: 0.1 a shift, 0.25 "
            "another "
            "population. See the runbook 'Features have drifted'.",
            name="${__field.labels.feature}", levels=limits.DRIFT_PSI, width=12, at_least=SLOW,
        ),
        chart(
            "Payments compared for drift", [over_time(ROWS, "last")],
            "What the drift stands on. A few hundred: the index is raised by chance alone.",
            name="payments", width=6, at_least=SLOW,
        ),
        chart(
            "Versions", [over_time(Reading("versions", VERSIONS), "last")],
            "Apart for longer than a handover takes: see the runbook 'Detector and registry disagree'.", width=6,
            lines={
                "model_version": Line("model that scores", "purple"),
                "champion_version": Line("champion in the registry", GOOD),
                "threshold_version": Line("thresholds", NEUTRAL),
                "models": Line("models that scored at once", CRITICAL),
            },
        ),
    ]  # fmt: skip
