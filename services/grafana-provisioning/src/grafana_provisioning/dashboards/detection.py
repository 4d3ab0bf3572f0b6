"""Whether it finds what it should: alerts, scores and thresholds, reasons, quality with its uncertainty, drift."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import DETECTION, PanelBuilder, assembled
from grafana_provisioning.dashboards.quality import SLOW, fraud, quality, quality_figure
from grafana_provisioning.flux import Reading, a_second, at_the_end, counted_values, over_all, over_time
from grafana_provisioning.limits import CRITICAL, GOOD, NEUTRAL
from grafana_provisioning.panels import SeriesStyle, chart, figure, ranking
from grafana_provisioning.shares import share_over_all
from vigie_schemas import FEATURE_NAMES

ALERTS = Reading("throughput", ("alerts",))
SCORED = Reading("throughput", ("scored",))
MONEY = Reading("alerts", ("money_eur",))
DRIFT = Reading("drift", ("psi",), by=("feature",))
ROWS = Reading("drift", ("rows",), {"feature": FEATURE_NAMES[0]})
"""The same for every feature."""
VERSIONS = ("model_version", "champion_version", "threshold_version", "models")


def detection() -> Dashboard:
    """For whoever is responsible for what is flagged."""
    return assembled(
        DETECTION,
        "Detection",
        "What Vigie flags, why, and with what quality. Vertical lines: a new model or new thresholds are used from "
        "here on.",
        [*_now(), *_alerts(), *_scores(), *quality(), *fraud(), *_drift()],
        hours=6,
        refresh="30s",
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Alerts", over_all(ALERTS, "sum"), "In the shown time range. For when, see 'Alerts, by severity'.",
            width=3, nothing="none",
        ),
        figure(
            "Share of transactions flagged", share_over_all(ALERTS, SCORED),
            "The alert budget is 0.63 %. Orange from twice, red from three times that: see the runbook 'Alerts surge'.",
            unit="percentunit", levels=limits.ALERT_SHARE, decimals=2, width=4, nothing="no transactions",
        ),
        figure(
            "Money flagged", over_all(MONEY, "sum"),
            "Sum of the flagged transactions in the shown time range, at fixed rates to EUR.",
            unit="currencyEUR", width=3, decimals=0, nothing="none",
        ),
        quality_figure("Precision", "precision",
        "Share of the flagged transactions with a label that were fraud."),
        quality_figure("Recall", "recall", "Share of the transactions labelled as fraud that were flagged."),
        figure(
            "Largest drift", at_the_end(Reading("drift", ("psi",)), merge="max", within="10m"),
            "Stability index of the feature that differs most from the champion's training rows.",
            levels=limits.DRIFT_PSI, decimals=2, width=3, nothing="not measured",
        ),
        figure(
            "Model", at_the_end(Reading("versions", ("model_version",))),
            "Version of the model that scored last. 'no data': nothing was scored.", width=2,
        ),
        figure(
            "Thresholds", at_the_end(Reading("versions", ("threshold_version",))),
            "Version of the thresholds in use; they are recalibrated between trainings (docs/adr/0009).", width=3,
        ),
    ]  # fmt: skip


def _alerts() -> list[PanelBuilder]:
    by_severity = Reading("alerts", ("count",), by=("severity",))
    return [
        chart(
            "Alerts, by severity", [over_time(by_severity, "sum", merge="sum")],
            "Severity is how far a score lies above its threshold. If one severity dominates, open the latest alerts "
            "on the live page.",
            name="${__field.labels.severity}", bars=True, width=8,
        ),
        chart(
            "Money flagged, by segment",
            [over_time(Reading("alerts", ("money_eur",), by=("segment",)), "sum", merge="sum")],
            "Sum of the flagged transactions of each interval. One bar far above the others is one transaction or one "
            "wave.",
            unit="currencyEUR", name="${__field.labels.segment}", bars=True, width=8,
        ),
        *_what_alerts_share(),
    ]  # fmt: skip


def _what_alerts_share() -> list[PanelBuilder]:
    return [
        ranking(
            "Reasons", counted_values(Reading("alert", ("first_feature",))),
            "The feature that contributed most to each alert. If one is far ahead of all others, check whether a "
            "sender changed that field.",
        ),
        ranking(
            "Countries of the alerts", counted_values(Reading("alert", ("country",))),
            "Where flagged transactions were made. One country that rises together with one reason is a wave.",
            width=12,
        ),
        ranking(
            "Merchant categories of the alerts", counted_values(Reading("alert", ("category",))),
            "Merchant categories of flagged transactions. One that rises together with one reason is a wave.", width=12,
        ),
    ]  # fmt: skip


def _scores() -> list[PanelBuilder]:
    percentiles = Reading("scores", ("p50", "p90", "p99"), by=("segment",))
    return [
        chart(
            "Scores against thresholds", [
                over_time(percentiles, "mean"),
                over_time(Reading("threshold", ("threshold",), by=("segment",)), "last"),
            ],
            "Scores near 1 are most unusual. p99 should be a little below the threshold of its segment: far below "
            "means that nothing is detected, above means a surge.",
            name="${__field.name} ${__field.labels.segment}", minimum=None, maximum=1, width=16,
        ),
        chart(
            "Scored, by segment", [a_second(Reading("scores", ("count",), by=("segment",)))],
            "How many scores the percentiles beside it are computed from.",
            unit="reqps", name="${__field.labels.segment}", width=8,
        ),
    ]  # fmt: skip


def _drift() -> list[PanelBuilder]:
    return [
        chart(
            "Drift, by feature", [over_time(DRIFT, "mean")],
            "Population stability index of the last hour against the champion's training rows: 0.1 is a shift, 0.25 "
            "another population. See the runbook 'Features have drifted'.",
            name="${__field.labels.feature}", levels=limits.DRIFT_PSI, width=12, at_least=SLOW,
        ),
        chart(
            "Transactions compared for drift", [over_time(ROWS, "last")],
            "How many transactions the drift is computed from. With a few hundred, chance alone raises the index.",
            name="transactions", width=6, at_least=SLOW,
        ),
        chart(
            "Versions", [over_time(Reading("versions", VERSIONS), "last")],
            "If model and champion differ for longer than a minute, see the runbook 'Detector and "
            "registry disagree'.", width=6,
            lines={
                "model_version": SeriesStyle("model that scores", "purple"),
                "champion_version": SeriesStyle("champion in the registry", GOOD),
                "threshold_version": SeriesStyle("thresholds", NEUTRAL),
                "models": SeriesStyle("models in one second", CRITICAL),
            },
        ),
    ]  # fmt: skip
