"""What the gateway answers to payments before the money moves: verdicts, how fast, and fallbacks."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import GATEWAY, PanelBuilder, assembled
from grafana_provisioning.flux import Reading, a_second, at_the_end, over_all, over_time
from grafana_provisioning.limits import CRITICAL, GOOD, NEUTRAL, WARNING
from grafana_provisioning.panels import SeriesStyle, chart, figure
from grafana_provisioning.shares import share_over_all, share_over_time

NO_GATEWAY = "no gateway"
SHARE_WINDOW = "5m"
"""As long as the rule on fallbacks looks back."""
VERDICTS = Reading("gateway", ("allow", "review", "challenge", "decline"))
WOULD_BE = Reading("gateway", ("would_allow", "would_review", "would_challenge", "would_decline"))
BASES = Reading("gateway", ("by_model", "by_rules", "by_fallback"))
SPENT = Reading("gateway", ("p50_ms", "p99_ms", "max_ms"))


def gateway() -> Dashboard:
    """For whoever is responsible for the calls of a payment system."""
    return assembled(
        GATEWAY,
        "Gateway",
        "What callers are answered before the money moves. Canaries are left out. Empty where no gateway runs.",
        [*_now(), *_answers(), *_fallbacks()],
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Calls a second", at_the_end(_one("calls")), "Payments that callers asked about in the last second.",
            nothing=NO_GATEWAY,
        ),
        figure(
            "Fallbacks", share_over_all(_one("by_fallback"), _one("calls")),
            "Share of the calls in the shown time range that were answered without an outcome, as the policy says.",
            unit="percentunit", levels=limits.FALLBACK_SHARE, decimals=2, nothing="no calls",
        ),
        figure(
            "Time to the verdict, p99", at_the_end(_one("p99_ms")),
            "From the call to its answer; 1 % are slower. An answer never takes longer than its deadline: then it is a "
            "fallback.",
            unit="ms", levels=limits.VERDICT_MS, decimals=0, nothing="no calls",
        ),
        figure(
            "Declined", share_over_all(_one("decline"), _one("calls")),
            "Share of the calls in the shown time range that were answered with decline.",
            unit="percentunit", decimals=2, nothing="no calls",
        ),
        figure(
            "Would be declined", share_over_all(_one("would_decline"), _one("calls")),
            "In shadow mode every verdict is allow: the share of the calls that would have been declined without it.",
            unit="percentunit", decimals=2, nothing="no calls",
        ),
        figure(
            "Late verdicts", over_all(_one("late"), "sum"),
            "True verdicts that came after a fallback, in the shown time range. Callers get them as verdict.late.",
            nothing="none",
        ),
    ]  # fmt: skip


def _answers() -> list[PanelBuilder]:
    return [
        chart(
            "Verdicts a second, by name", [a_second(VERDICTS)],
            "If one verdict other than allow rises, look at Detection: more alerts, or a rule of the policy that "
            "applies to many.",
            unit="reqps", lines={
                "allow": SeriesStyle("allow", GOOD),
                "review": SeriesStyle("review", NEUTRAL),
                "challenge": SeriesStyle("challenge", WARNING),
                "decline": SeriesStyle("decline", CRITICAL),
            },
        ),
        chart(
            "Time to the verdict", [over_time(SPENT, "max")],
            "From the call to its answer, the slowest second of each interval. If it rises with 'Latency' on "
            "Operations, the detector is slow; if it rises alone, the gateway or Kafka is.",
            unit="ms", levels=limits.VERDICT_MS,
            lines={
                "p50_ms": SeriesStyle("p50", GOOD),
                "p99_ms": SeriesStyle("p99", WARNING),
                "max_ms": SeriesStyle("longest", "dark-red"),
            },
        ),
        chart(
            "Basis of the verdicts", [a_second(BASES)],
            "model: score and rules. rules: no model judged, as before the first training. fallback: no outcome in "
            "time.",
            unit="reqps", lines={
                "by_model": SeriesStyle("model", GOOD),
                "by_rules": SeriesStyle("rules", NEUTRAL),
                "by_fallback": SeriesStyle("fallback", CRITICAL),
            },
        ),
        chart(
            "Shadow mode, what verdicts would have been", [a_second(WOULD_BE)],
            "Empty unless the policy observes only. Compare it with the labels before the verdicts are enforced.",
            unit="reqps", lines={
                "would_allow": SeriesStyle("allow", GOOD),
                "would_review": SeriesStyle("review", NEUTRAL),
                "would_challenge": SeriesStyle("challenge", WARNING),
                "would_decline": SeriesStyle("decline", CRITICAL),
            },
        ),
    ]  # fmt: skip


def _fallbacks() -> list[PanelBuilder]:
    return [
        chart(
            "Fallback share", [share_over_time("by_fallback", "calls", "gateway")],
            "Of the calls of five minutes or more. Above the red line, 0.1 %, the rule 'Gateway falls back' fires.",
            unit="percentunit", name="fallbacks", levels=limits.FALLBACK_SHARE, at_least=SHARE_WINDOW,
        ),
        chart(
            "Fallbacks, by cause", [over_time(Reading("fallbacks", ("count",), by=("cause",)), "sum")],
            "deadline: no outcome in time. kafka: it accepted the payment late or not at all. reading: the gateway is "
            "behind with reading outcomes. See the runbook 'Gateway falls back'.",
            name="${__field.labels.cause}", bars=True, width=6,
        ),
        chart(
            "Late verdicts, over time", [over_time(_one("late"), "sum")],
            "Each belongs to a fallback. Fallbacks without late verdicts: the outcome never came, so the detector is "
            "not running.",
            name="late", bars=True, width=6,
        ),
    ]  # fmt: skip


def _one(field: str) -> Reading:
    return Reading("gateway", (field,))
