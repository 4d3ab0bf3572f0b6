"""From readings, events and usage to figures and the budgets they missed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from vigie_loadtests.latency.events import Event, Impact, Kind, crash, first_score_after, impacts, kinds
from vigie_loadtests.latency.machine import Machine
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.usage import Usage
from vigie_runtime.percentiles import value_at_percentile

BUDGETS_MS: Final = {"p50_ms": 25.0, "p95_ms": 50.0, "p99_ms": 100.0}
ADDED_BUDGETS_MS: Final[dict[Kind, float]] = {"thresholds": 20.0, "model": 250.0, "checkpoint": 250.0}
"""What an event may add to the longest wait (docs/adr/0022)."""
WANTED: Final[frozenset[Kind]] = frozenset({"checkpoint", "thresholds", "model"})
"""What each run has to hold."""
THRESHOLDS_SERVE_WITHIN_MS: Final = 2_000
FIRST_SCORE_SECONDS: Final = 5.0
CAUGHT_UP_SECONDS: Final = 15.0
REPEATS_ALLOWED_BY_A_CRASH: Final = 2_000
"""What was under way when the detector was killed may come again, under its old id."""


@dataclass(frozen=True)
class Plan:
    """What was asked for."""

    rate: int
    duration: int
    warm_up: int
    with_crash: bool


@dataclass(frozen=True)
class LoadReport:
    """The figures of one run; latencies from the moment a transaction was due until its scored record was read."""

    plan: Plan
    machine: Machine
    rate: float
    seconds: float
    sent: int
    scored: int
    repeated: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    impacts: list[Impact]
    first_score_seconds: float | None
    """From the kill to the first new score; None without a kill."""
    cpu_ms_per_1000: dict[str, float]
    """Processor milliseconds for 1,000 transactions, by part."""
    memory_mib: dict[str, float]
    """Most resident memory, by part."""

    def figures(self) -> dict[str, int | float]:
        """The numbers that two runs are compared by."""
        flat = {name: value for name, value in asdict(self).items() if isinstance(value, int | float)}
        longest = {f"longest_{kind}_ms": self.longest(kind) for kind in sorted(kinds(i.event for i in self.impacts))}
        cpu = {f"cpu_ms_{name.replace('-', '_')}": value for name, value in self.cpu_ms_per_1000.items()}
        return flat | longest | cpu

    def longest(self, kind: Kind) -> float:
        """Longest wait that an event of a kind caused; 0 where there was none."""
        return max((impact.longest_ms for impact in self.impacts if impact.event.kind == kind), default=0.0)

    def broken_budgets(self) -> list[str]:
        """One sentence for each budget that was missed; none: the run passed."""
        return [*self._broken_latencies(), *self._broken_counts(), *self._broken_events()]

    def as_json(self) -> dict[str, Any]:
        """Everything, and at the top level what two runs are compared by."""
        return asdict(self) | self.figures()

    def _broken_latencies(self) -> list[str]:
        figures = self.figures()
        return [
            f"{name} is {figures[name]:.1f} ms, the budget {limit:g} ms"
            for name, limit in BUDGETS_MS.items()
            if not figures[name] < limit
        ]

    def _broken_counts(self) -> list[str]:
        broken = []
        if self.scored < self.sent:
            broken.append(f"{self.sent - self.scored} of {self.sent} transactions were not scored")
        if self.repeated > (REPEATS_ALLOWED_BY_A_CRASH if self.plan.with_crash else 0):
            broken.append(f"{self.repeated} transactions were scored twice")
        if self.rate < 0.98 * self.plan.rate:
            broken.append(f"only {self.rate:.0f} of {self.plan.rate} transactions a second could be sent")
        return broken

    def _broken_events(self) -> list[str]:
        occurred = kinds(impact.event for impact in self.impacts)
        wanted = WANTED | {"crash"} if self.plan.with_crash else WANTED
        broken = [f"no {kind} fell into the run: choose a longer DURATION" for kind in sorted(wanted - occurred)]
        for impact in self.impacts:
            limit, event = ADDED_BUDGETS_MS.get(impact.event.kind), impact.event
            if limit is not None and impact.added_ms > limit:
                broken.append(f"a {event.kind} event added {impact.added_ms:.0f} ms, the budget {limit:g} ms")
            if event.kind == "thresholds" and (event.served_after_ms or 0) > THRESHOLDS_SERVE_WITHIN_MS:
                broken.append(f"thresholds served {event.served_after_ms} ms after they were published")
            if event.kind == "crash" and event.until_ms - event.from_ms > CAUGHT_UP_SECONDS * 1000:
                seconds = (event.until_ms - event.from_ms) / 1000
                broken.append(f"{seconds:.1f} s until caught up after a crash, the budget {CAUGHT_UP_SECONDS:g} s")
        if self.first_score_seconds is not None and self.first_score_seconds > FIRST_SCORE_SECONDS:
            broken.append(
                f"{self.first_score_seconds:.1f} s until the first score after a crash, the budget "
                f"{FIRST_SCORE_SECONDS:g} s"
            )
        return broken


def summarise(
    plan: Plan,
    machine: Machine,
    readings: Readings,
    events: Sequence[Event],
    usage: Mapping[str, Usage],
    killed_ms: int | None = None,
) -> LoadReport:
    """Figures over the time after the warm-up; completeness over everything that was sent."""
    start_us = measured_from_us(readings, plan.warm_up)
    distinct = readings.first()
    measured = distinct.since(start_us)
    seconds = float(measured.due_us.max() - start_us) / 1e6
    ascending = np.sort(measured.latencies_ms)
    p50, p95, p99, p999 = (float(value_at_percentile(ascending, share)) for share in (50.0, 95.0, 99.0, 99.9))
    happened = [*events, *([crash(killed_ms, measured)] if killed_ms else [])]
    thousands = len(measured.numbers) / 1000
    return LoadReport(
        plan=plan,
        machine=machine,
        rate=round(len(measured.numbers) / seconds, 1),
        seconds=round(seconds, 1),
        sent=readings.sent,
        scored=len(distinct.numbers),
        repeated=len(readings.numbers) - len(distinct.numbers),
        p50_ms=round(p50, 2),
        p95_ms=round(p95, 2),
        p99_ms=round(p99, 2),
        p999_ms=round(p999, 2),
        max_ms=round(float(ascending[-1]), 2),
        impacts=impacts([event for event in happened if event.until_ms * 1000 >= start_us], measured),
        first_score_seconds=first_score_after(killed_ms, measured) if killed_ms else None,
        cpu_ms_per_1000={name: round(used.cpu_seconds * 1000 / thousands, 1) for name, used in usage.items()},
        memory_mib={name: round(used.highest_mib, 1) for name, used in usage.items()},
    )


def measured_from_us(readings: Readings, warm_up_seconds: float) -> int:
    """Where the warm-up ends."""
    return int(readings.due_us.min()) + int(warm_up_seconds * 1e6)
