"""What happened during a load, and the longest wait that each event caused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from vigie_loadtests.latency.readings import Integers, Readings

Kind = Literal["checkpoint", "thresholds", "model", "crash"]

BEFORE_MS: Final = 1_000
AFTER_MS: Final = 3_000
"""So long before its begin and after its end an event counts for what waits: what is sent before it may be held up."""
CAUGHT_UP_MS: Final = 1_000
"""A transaction that waits for longer was in the backlog of a crash."""


@dataclass(frozen=True)
class Event:
    """Something that changes while transactions come; moments in ms since the epoch."""

    kind: Kind
    from_ms: int
    """Its begin: the publication of thresholds, the order to train, the begin of a checkpoint, the kill."""
    until_ms: int
    """Its end: the first record judged by the new version, the end of the checkpoint, the last of the backlog."""
    published_ms: int | None = None
    """When a version was there to be taken."""

    @property
    def served_after_ms(self) -> int | None:
        """From publication to the first record that was judged by it."""
        return None if self.published_ms is None else self.until_ms - self.published_ms


@dataclass(frozen=True)
class Publication:
    """When a version began to be made, and when it was there to be taken; ms since the epoch."""

    begun_ms: int
    published_ms: int


@dataclass(frozen=True)
class Impact:
    """An event and what it cost."""

    event: Event
    longest_ms: float
    """Longest wait of a transaction that was due from a second before the event's begin to three after its end."""
    added_ms: float
    """How much longer than is usual without any event, over the time from its begin to three seconds after its end."""


def impacts(events: Sequence[Event], readings: Readings) -> list[Impact]:
    """What each event cost, in order of time; `readings` hold each transaction once, as they were due."""
    if not events:
        return []
    due_ms, latencies = readings.due_us // 1000, readings.latencies_ms
    near = [(event, _is_near(due_ms, event)) for event in sorted(events, key=lambda event: event.from_ms)]
    is_calm = ~np.any([mask for _, mask in near], axis=0)
    found = []
    for event, mask in near:
        waits = latencies[mask]
        if not len(waits):
            continue
        usual = usual_longest(due_ms[is_calm], latencies[is_calm], event.until_ms - event.from_ms + AFTER_MS)
        longest = float(waits.max())
        found.append(Impact(event, longest, max(0.0, longest - usual)))
    return found


def usual_longest(due_ms: Integers, latencies_ms: np.ndarray, span_ms: int) -> float:
    """Median, over stretches of a span, of the longest wait in each; both arrays have a row for each record."""
    if not len(due_ms):
        return 0.0
    _, begins = np.unique((due_ms - due_ms[0]) // span_ms, return_index=True)
    return float(np.median(np.maximum.reduceat(latencies_ms, begins)))


def version_changes(readings: Readings, publications: Mapping[tuple[int, int], Publication]) -> list[Event]:
    """Changes of thresholds and model, from what the records say they were judged by.

    `publications`: those that are known, by model and threshold version.
    """
    in_reading_order = np.argsort(readings.read_us, kind="stable")
    versions = np.stack([readings.model_versions, readings.threshold_versions], axis=1)[in_reading_order]
    read_ms = readings.read_us[in_reading_order] // 1000
    distinct, first = np.unique(versions, axis=0, return_index=True)
    found: list[Event] = []
    ordered = sorted(zip(first.tolist(), distinct.tolist(), strict=True))
    for (_, before), (at, after) in pairwise(ordered):
        if after[0] == 0:
            continue
        served, published = int(read_ms[at]), publications.get((after[0], after[1]))
        kind: Kind = "model" if before[0] != after[0] else "thresholds"
        if published is None:
            found.append(Event(kind, served, served))
        else:
            found.append(Event(kind, published.begun_ms, served, published.published_ms))
    return found


def crash(killed_ms: int, readings: Readings) -> Event:
    """The event of a kill, which ends when the last transaction of its backlog was read."""
    waited = (readings.due_us // 1000 >= killed_ms - BEFORE_MS) & (readings.latencies_ms > CAUGHT_UP_MS)
    reads = readings.read_us[waited & (readings.read_us // 1000 >= killed_ms)] // 1000
    return Event("crash", killed_ms, int(reads.max()) if len(reads) else killed_ms)


def first_score_after(moment_ms: int, readings: Readings, pause_ms: int = 200) -> float | None:
    """Seconds from a kill to the first record read after a pause; None where there was no pause."""
    reads = np.sort(readings.read_us // 1000)
    reads = reads[reads >= moment_ms - pause_ms]
    gaps = np.flatnonzero(np.diff(reads) >= pause_ms)
    return float(reads[gaps[0] + 1] - moment_ms) / 1000 if len(gaps) else None


def kinds(events: Iterable[Event]) -> set[Kind]:
    """Which kinds occurred."""
    return {event.kind for event in events}


def _is_near(due_ms: Integers, event: Event) -> npt.NDArray[np.bool_]:
    return (due_ms >= event.from_ms - BEFORE_MS) & (due_ms <= event.until_ms + AFTER_MS)
