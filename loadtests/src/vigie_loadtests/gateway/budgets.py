"""What a load of the gateway must keep to."""

from typing import Final

from vigie_loadtests.gateway.report import GatewayLoadReport

P50_BUDGET_MS: Final = 30.0
P99_BUDGET_MS: Final = 100.0
"""What banks ask of a check before money moves is 150 ms with the network; this is without."""
ADDED_P50_BUDGET_MS: Final = 15.0
FALLBACK_BUDGET: Final = 0.001
"""Share of the answers."""
MAX_CLIENT_CORES: Final = 0.8
"""The calls are made by one thread: near a whole processor, latencies are its own."""


def broken_budgets(report: GatewayLoadReport) -> list[str]:
    """One sentence for each budget that was missed; none: the run passed."""
    return [*_broken_times(report), *_broken_answers(report), *_broken_records(report)]


def _broken_times(report: GatewayLoadReport) -> list[str]:
    limits = (
        ("p50", report.gateway.p50, P50_BUDGET_MS),
        ("p99", report.gateway.p99, P99_BUDGET_MS),
        ("what the gateway adds to the p50", report.added_p50_ms, ADDED_P50_BUDGET_MS),
    )
    broken = [f"{name} is {found:.1f} ms, the budget {limit:g} ms" for name, found, limit in limits if found > limit]
    if report.rate < 0.98 * report.plan.rate:
        broken.append(f"only {report.rate:.0f} of {report.plan.rate} calls a second could be made")
    if report.client_cores > MAX_CLIENT_CORES:
        broken.append(f"the load itself kept {report.client_cores:.2f} processors busy: the figures are its own too")
    return broken


def _broken_answers(report: GatewayLoadReport) -> list[str]:
    broken = []
    if report.answers < report.calls:
        broken.append(f"{report.calls - report.answers} of {report.calls} calls got no verdict")
    if report.foreign:
        broken.append(f"{report.foreign} answers were another call's")
    if report.repeated:
        broken.append(f"{report.repeated} calls were answered twice")
    if report.fallback_share > FALLBACK_BUDGET:
        broken.append(f"{report.fallback_share:.2%} of the answers are fallbacks, the budget {FALLBACK_BUDGET:.2%}")
    if report.topic_scored < report.topic_sent:
        broken.append(f"{report.topic_sent - report.topic_scored} transactions written to the topic were not scored")
    return broken


def _broken_records(report: GatewayLoadReport) -> list[str]:
    recorded = report.recorded
    found = {
        "answered calls have no verdict on the topic": report.answered_in_all - recorded.verdicts,
        "verdicts are on the topic twice": recorded.verdicts_repeated,
        "calls were scored twice": recorded.scored_repeated,
        "calls were said to be accepted and were not scored": recorded.unscored,
    }
    return [f"{count} {what}" for what, count in found.items() if count > 0]
