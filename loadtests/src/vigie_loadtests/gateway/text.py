"""The report as a block of text, to be kept beside a release and read without a tool."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime

from vigie_loadtests.gateway.report import GatewayLoadReport
from vigie_loadtests.latency.text import RULE, number, table


def gateway_text(report: GatewayLoadReport, broken: Sequence[str]) -> str:
    """Machine, percentiles, answers, records, processor and memory, and what was missed."""
    machine, plan = report.machine, report.plan
    lines = [
        RULE,
        "Vigie's gateway under load: from the moment a call was due until its answer was there",
        RULE,
        "",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}",
        ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        f"Commit {machine.commit}; {plan.rate:,} calls/s and {plan.topic_rate:,} tx/s written to the topic for "
        f"{plan.duration} s after {plan.warm_up} s of warm-up; everything runs on this machine",
        "",
        *_percentiles(report),
        f"The gateway adds {report.added_p50_ms:.1f} ms to the p50 of the topic alone.",
        "",
        *_answers(report),
        "",
        *_records(report),
        "",
        *_parts(report),
        "",
        *(["All budgets kept."] if not broken else [f"MISSED: {sentence}" for sentence in broken]),
        RULE,
    ]
    return "\n".join(lines) + "\n"


def _percentiles(report: GatewayLoadReport) -> list[str]:
    machine = report.machine
    alone = (machine.kafka_alone_p50_ms, None, machine.kafka_alone_p99_ms, None, machine.kafka_alone_max_ms)
    rows = [
        ("Kafka alone", *alone),
        ("topic: due until its score was read", *astuple(report.topic)),
        ("gateway: due until its answer was there", *astuple(report.gateway)),
        ("  of which by the gateway's own clock", *astuple(report.spent)),
        ("  of which due until the client called", *astuple(report.made_late)),
    ]
    head = ("Latency (ms)", "p50", "p95", "p99", "p99.9", "max")
    return table(head, [(name, *map(number, values)) for name, *values in rows])


def _answers(report: GatewayLoadReport) -> list[str]:
    errors = {status: count for status, count in report.statuses.items() if status != "200"}
    return [
        f"{report.calls:,} calls, {report.answers:,} answers; errors by status (0: no connection): {_counted(errors)}",
        f"Answers to another call: {report.foreign:,}; calls answered twice: {report.repeated:,}",
        f"Fallbacks: {report.fallback_share:.3%}; basis: {_counted(report.bases)}",
        f"Verdicts: {_counted(report.verdicts)}",
    ]


def _records(report: GatewayLoadReport) -> list[str]:
    recorded = report.recorded
    return [
        f"With the warm-up: {report.answered_in_all:,} answers, {recorded.verdicts:,} verdicts on the topic "
        f"({recorded.verdicts_repeated:,} twice), {recorded.late:,} late ones;",
        f"{recorded.scored:,} calls scored ({recorded.scored_repeated:,} twice), {recorded.unscored:,} accepted and "
        f"not scored; topic: {report.topic_sent:,} sent, {report.topic_scored:,} scored",
    ]


def _parts(report: GatewayLoadReport) -> list[str]:
    rows = [
        (name, f"{report.cpu_ms_per_1000[name]:,.0f}", f"{report.memory_mib[name]:,.0f}")
        for name in sorted(report.cpu_ms_per_1000)
    ]
    parts = table(("Part", "processor ms / 1,000 calls", "memory (MiB)"), rows)
    return [*parts, f"The load itself kept {report.client_cores:.2f} processors busy."]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none"


def gateway_file_name(report: GatewayLoadReport, now: datetime | None = None) -> str:
    """Name under which a run is kept: its day, rate and commit."""
    day = (now or datetime.now(UTC)).date().isoformat()
    return f"{day}-gateway-{report.plan.rate}-{report.machine.commit}.txt"
