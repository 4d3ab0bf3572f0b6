"""Scores of the stream: percentiles of the last seconds, and the sample of points that the live page draws."""

import random
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from vigie_runtime.percentiles import value_at_percentile
from vigie_schemas import ScorePoint

WINDOW_SECONDS: Final = 10
MAX_SAMPLE_POINTS: Final = 25
QUANTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0}


class SegmentScores(NamedTuple):
    """A segment's scores of one second: percentiles by name, and how many scores there were."""

    quantiles: dict[str, float]
    count: int


class ScoreWindow:
    """Every score of the last seconds; sorting ten thousand numbers once a second takes a few milliseconds."""

    def __init__(self) -> None:
        self._current: defaultdict[str, list[float]] = defaultdict(list)
        self._closed: deque[list[float]] = deque(maxlen=WINDOW_SECONDS)

    def add(self, score: float, segment: str) -> None:
        """Count one score."""
        self._current[segment].append(score)

    def close_second(self) -> tuple[dict[str, SegmentScores], dict[str, float]]:
        """End the second: its own figures by segment, and the percentiles over the window, empty without a score."""
        segments = {
            segment: SegmentScores(_quantiles(sorted(scores)), len(scores)) for segment, scores in self._current.items()
        }
        self._closed.append(sorted(chain.from_iterable(self._current.values())))
        self._current.clear()
        scores = sorted(chain.from_iterable(self._closed))  # runs that are sorted already, which is fast
        return segments, _quantiles(scores) if scores else {}


def _quantiles(ascending: Sequence[float]) -> dict[str, float]:
    return {name: value_at_percentile(ascending, percentile) for name, percentile in QUANTILES.items()}


class PointSample:
    """A random sample of a second's points, anomalies first."""

    def __init__(self, chance: random.Random) -> None:
        self._usual = _Reservoir(chance)
        self._anomalies = _Reservoir(chance)
        self._arrivals = 0

    def add(self, timestamp_ms: int, score: float, threshold: float, *, is_anomaly: bool) -> None:
        """Count one scored transaction, which may become part of the sample."""
        self._arrivals += 1
        reservoir = self._anomalies if is_anomaly else self._usual
        reservoir.offer((self._arrivals, timestamp_ms, score, threshold, is_anomaly))

    def close_second(self) -> list[ScorePoint]:
        """End the second; its points in the order they arrived in."""
        anomalies = self._anomalies.empty()
        usual = self._usual.empty()
        self._arrivals = 0
        points = sorted(anomalies + usual[: MAX_SAMPLE_POINTS - len(anomalies)])
        return [
            ScorePoint(timestamp_ms=timestamp_ms, score=score, threshold=threshold, is_anomaly=is_anomaly)
            for _, timestamp_ms, score, threshold, is_anomaly in points
        ]


_Point = tuple[int, int, float, float, bool]


class _Reservoir:
    """Keeps MAX_SAMPLE_POINTS of any number of points, each with the same chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._kept: list[_Point] = []
        self._offered = 0

    def offer(self, point: _Point) -> None:
        self._offered += 1
        if len(self._kept) < MAX_SAMPLE_POINTS:
            self._kept.append(point)
        elif (place := int(self._chance.random() * self._offered)) < MAX_SAMPLE_POINTS:
            self._kept[place] = point

    def empty(self) -> list[_Point]:
        """The kept points in random order, so that the first few of them are a random sample as well."""
        kept, self._kept, self._offered = self._kept, [], 0
        self._chance.shuffle(kept)
        return kept
