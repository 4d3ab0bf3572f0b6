"""From what receivers and a page saw to the figures of the targets; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vigie_runtime.percentiles import value_at_percentile

MAX_ACCEPTED_MS: Final = 250.0
MAX_SHOWN_MS: Final = 500.0


@dataclass(frozen=True)
class Latencies:
    """From an alert's way into Kafka to what is measured, in milliseconds, and how many never came."""

    what: str
    limit_ms: float
    count: int
    missing: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    def missed(self) -> list[str]:
        """One sentence for each bound that was missed."""
        found = []
        if self.missing or not self.count:
            found.append(f"{self.what}: {self.missing} of {self.count + self.missing} alerts never came")
        if self.p99_ms is not None and self.p99_ms > self.limit_ms:
            found.append(f"{self.what}: p99 is {self.p99_ms:.0f} ms, the bound {self.limit_ms:.0f} ms")
        return found


@dataclass(frozen=True)
class Completeness:
    """What reached a receiver that fails, through crashes of the sender."""

    sent: int
    lost: int
    out_of_order: int
    repeats: int
    kills: int
    altered: int
    """Messages whose signature was wrong, or whose repeat said something else."""
    attempts: int
    refused: int

    def missed(self) -> list[str]:
        """One sentence for each target that was missed."""
        found = []
        if self.lost:
            found.append(f"{self.lost} of {self.sent} alerts were lost")
        if self.out_of_order:
            found.append(f"{self.out_of_order} alerts came out of order")
        if self.repeats > self.kills:
            found.append(f"{self.repeats} repeats for {self.kills} crashes, at most one each is allowed")
        if self.altered:
            found.append(f"{self.altered} messages were altered or not signed")
        if not self.refused:
            found.append("the receiver never failed: this run shows nothing")
        return found


def latencies(
    what: str, limit_ms: float, sent_at: Mapping[str, float], seen_at: Sequence[tuple[str, float]]
) -> Latencies:
    """Figures of the alerts by their first sight; times in seconds of one clock."""
    first: dict[str, float] = {}
    for alert_id, at in seen_at:
        first.setdefault(alert_id, at)
    waits = [1000 * (first[alert_id] - at) for alert_id, at in sent_at.items() if alert_id in first]
    waits.sort()
    p50, p99, longest = (value_at_percentile(waits, share) if waits else None for share in (50.0, 99.0, 100.0))
    return Latencies(what, limit_ms, len(waits), len(sent_at) - len(waits), p50, p99, longest)


def completeness(
    sent: Sequence[str], accepted: Sequence[str], *, kills: int, altered: int, attempts: int
) -> Completeness:
    """Figures of one receiver; `sent` in the order of the topic, `accepted` in the receiver's, repeats included."""
    order = list(dict.fromkeys(accepted))
    came = set(order)
    expected = [alert_id for alert_id in sent if alert_id in came]
    return Completeness(
        sent=len(sent),
        lost=len(set(sent) - came),
        out_of_order=sum(one != other for one, other in zip(order, expected, strict=False)) + len(came - set(sent)),
        repeats=sum(times - 1 for times in Counter(accepted).values()),
        kills=kills,
        altered=altered,
        attempts=attempts,
        refused=attempts - len(accepted),
    )
