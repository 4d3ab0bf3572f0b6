"""The comparison as a table that a person reads, in Markdown."""

from collections.abc import Sequence

from vigie_loadtests.latency.machine import Machine
from vigie_peers.measuring import Kill, Measured

HEADER = (
    "system", "p50", "p99", "p99.9", "max", "highest rate", "history", "processor", "memory",
    "first score", "caught up", "lost", "repeated", "forgotten",
)  # fmt: skip
UNITS = ("", "ms", "ms", "ms", "ms", "/s", "s", "ms per 1,000", "MiB", "s", "s", "", "", "%")


def as_markdown(measured: Sequence[Measured], machine: Machine, rates: Sequence[int], history: int) -> str:
    """What was measured, on what, and the rates that were tried."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    lines = [
        f"Measured at {machine.commit} on {machine.cores} cores, {machine.processor}, {machine.memory_gib} GiB, "
        f"{machine.system}; {versions}.",
        f"Kafka alone at {rates[0]}/s: p50 {machine.kafka_alone_p50_ms} ms, p99 {machine.kafka_alone_p99_ms} ms.",
        f"Latency, processor, memory and kill at {rates[0]}/s, after a history of {history:,} transactions; "
        f"rates tried: {', '.join(map(str, rates))}/s.",
        "",
        _row(HEADER),
        _row(["---", *["---:"] * (len(HEADER) - 1)]),
        _row(UNITS),
        *[_row(_cells(one)) for one in measured],
    ]
    return "\n".join(lines) + "\n"


def _cells(one: Measured) -> list[str]:
    highest = f"{one.highest_rate:,}" if one.highest_rate else f"below {one.low.rate:,}"
    speeds = [f"{figure:,.1f}" for figure in (one.low.p50_ms, one.low.p99_ms, one.low.p999_ms, one.low.max_ms)]
    costs = [highest, f"{one.history_seconds:.1f}", f"{one.cpu_ms_per_1000:,.0f}", f"{one.memory_mib:,.0f}"]
    return [one.title, *speeds, *costs, *(_of_kill(one.kill) if one.kill else ["-"] * 5)]


def _of_kill(kill: Kill) -> list[str]:
    first = "never" if kill.first_score_seconds is None else f"{kill.first_score_seconds:.1f}"
    counts = [f"{kill.lost:,}", f"{kill.repeated:,}", f"{kill.forgotten_share:.0%}".removesuffix("%")]
    return [first, f"{kill.caught_up_seconds:.1f}", *counts]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
