"""The gateway's verdicts of a second, and how many of the last minutes were fallbacks."""

from collections import Counter, deque
from typing import Final, NamedTuple

from metrics_sink.figures.latencies import MAX_US
from metrics_sink.intake.records import VerdictRecord
from metrics_sink.intake.repeats import MAX_REMEMBERED_VERDICTS, SeenIds
from vigie_runtime.latencies import LatencyWindow
from vigie_schemas import GatewayFigures, Latency

SHARE_SECONDS: Final = 300
"""The span that the alert rule on fallbacks looks at."""


class GatewaySecond(NamedTuple):
    """A closed second: what is published, and the latency of this second alone."""

    figures: GatewayFigures
    latency: Latency | None


class GatewayTally:
    """Counts each verdict once, canaries' in nothing; a system without a gateway has no figures of one."""

    def __init__(self) -> None:
        self.seen = SeenIds(MAX_REMEMBERED_VERDICTS)
        self._has_gateway = False
        self._verdicts: Counter[str] = Counter()
        self._would_be: Counter[str] = Counter()
        self._bases: Counter[str] = Counter()
        self._fallbacks: Counter[str] = Counter()
        self._late = 0
        self._latencies = LatencyWindow(MAX_US)
        self._closed: deque[tuple[int, int]] = deque(maxlen=SHARE_SECONDS)
        """Calls and fallbacks, second by second."""

    def count(self, verdict: VerdictRecord, is_live: bool) -> None:
        """Count a verdict unless it is a repeat; with `is_live` False it is only remembered."""
        self._has_gateway = True
        if not self.seen.is_first(verdict.verdict_id) or not is_live or verdict.is_canary:
            return
        if verdict.is_late:
            self._late += 1
            return
        self._verdicts[verdict.verdict] += 1
        self._bases[verdict.basis] += 1
        if verdict.would_be is not None:
            self._would_be[verdict.would_be] += 1
        if verdict.fallback_cause is not None:
            self._fallbacks[verdict.fallback_cause] += 1
        self._latencies.add(round(verdict.spent_ms * 1000))

    def close_second(self) -> GatewaySecond | None:
        """End the second, with its counts back at zero; None before the first verdict."""
        latencies, latency_window = self._latencies.close_second()
        calls, fallbacks = self._verdicts.total(), self._bases["fallback"]
        self._closed.append((calls, fallbacks))
        if not self._has_gateway:
            return None
        recent_calls, recent_fallbacks = map(sum, zip(*self._closed, strict=True))
        figures = GatewayFigures(
            calls=calls,
            verdicts=dict(self._verdicts),
            would_be=dict(self._would_be),
            bases=dict(self._bases),
            fallbacks=dict(self._fallbacks),
            late=self._late,
            latency=latency_window,
            recent_calls=recent_calls,
            fallback_share=recent_fallbacks / recent_calls if recent_calls else None,
        )
        for counts in (self._verdicts, self._would_be, self._bases, self._fallbacks):
            counts.clear()
        self._late = 0
        return GatewaySecond(figures, latencies.latency(seconds=1))
