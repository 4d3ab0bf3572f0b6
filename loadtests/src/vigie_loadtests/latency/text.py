"""The report as a block of text, to be kept beside a release and read without a tool."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from vigie_loadtests.latency.report import LoadReport

RULE = "=" * 100


def as_text(report: LoadReport, broken: Sequence[str]) -> str:
    """Machine, percentiles, events, processor and memory, and what was missed."""
    machine, plan = report.machine, report.plan
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    lines = [
        RULE,
        "Vigie under load: from the moment a transaction was due until its scored record was read",
        RULE,
        "",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}",
        versions,
        f"Commit {machine.commit}; {plan.rate:,} tx/s for {plan.duration} s after {plan.warm_up} s of warm-up; "
        "everything runs on this machine",
        "",
        *_percentiles(report),
        "",
        f"{report.sent:,} sent, {report.scored:,} scored, {report.repeated:,} scored again",
        "",
        *_events(report),
        "",
        *_parts(report),
        "",
        *(["All budgets kept."] if not broken else [f"MISSED: {sentence}" for sentence in broken]),
        RULE,
    ]
    return "\n".join(lines) + "\n"


def _percentiles(report: LoadReport) -> list[str]:
    machine = report.machine
    rows = [
        ("Kafka alone", machine.kafka_alone_p50_ms, None, machine.kafka_alone_p99_ms, None, machine.kafka_alone_max_ms),
        ("Vigie", report.p50_ms, report.p95_ms, report.p99_ms, report.p999_ms, report.max_ms),
    ]
    return table(("Latency (ms)", "p50", "p95", "p99", "p99.9", "max"), [tuple(map(number, row)) for row in rows])


def _events(report: LoadReport) -> list[str]:
    begin = min((impact.event.from_ms for impact in report.impacts), default=0)
    rows = [
        (
            impact.event.kind,
            f"{(impact.event.from_ms - begin) / 1000:.1f}",
            f"{(impact.event.until_ms - impact.event.from_ms) / 1000:.2f}",
            number(impact.longest_ms),
            number(impact.added_ms),
            "" if impact.event.served_after_ms is None else f"{impact.event.served_after_ms / 1000:.2f}",
        )
        for impact in report.impacts
    ]
    events = table(("Event", "at (s)", "took (s)", "longest (ms)", "added (ms)", "served after (s)"), rows)
    if report.first_score_seconds is None:
        return events
    return [*events, f"First new score {report.first_score_seconds:.1f} s after the crash."]


def _parts(report: LoadReport) -> list[str]:
    rows = [
        (name, f"{report.cpu_ms_per_1000[name]:,.0f}", f"{report.memory_mib[name]:,.0f}")
        for name in sorted(report.cpu_ms_per_1000)
    ]
    return table(("Part", "processor ms / 1,000 tx", "memory (MiB)"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def number(value: str | float | None) -> str:
    """A figure with one decimal; empty for none."""
    return value if isinstance(value, str) else "" if value is None else f"{value:,.1f}"


def file_name(report: LoadReport, now: datetime | None = None) -> str:
    """Name under which a run is kept: its day, rate and commit."""
    day = (now or datetime.now(UTC)).date().isoformat()
    return f"{day}-{report.plan.rate}-{report.machine.commit}.txt"
