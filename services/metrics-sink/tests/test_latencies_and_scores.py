"""Figures of the last ten seconds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_sink.latencies import LONGEST_US, LatencyWindow
from metrics_sink.scores import LARGEST_SAMPLE, PointSample, ScoreWindow

NOW_MS = 1_780_000_000_000


def test_percentiles_are_those_of_the_latencies() -> None:
    window = LatencyWindow()
    for milliseconds in range(1, 1001):
        window.add(milliseconds * 1000)
    latency = window.close_second()
    assert latency is not None
    assert (latency.seconds, latency.count) == (1, 1000)
    assert latency.p50_ms == pytest.approx(500, rel=0.002)
    assert latency.p95_ms == pytest.approx(950, rel=0.002)
    assert latency.p99_ms == pytest.approx(990, rel=0.002)
    assert latency.p999_ms == pytest.approx(999, rel=0.002)
    assert latency.max_ms == pytest.approx(1000, rel=0.002)


def test_ten_seconds_are_merged_and_older_ones_forgotten() -> None:
    window = LatencyWindow()
    window.add(900_000)
    for _ in range(10):
        latency = window.close_second()
        assert latency is not None
        assert latency.count == 1
    assert latency.seconds == 10
    assert window.close_second() is None
    window.add(5_000)
    latency = window.close_second()
    assert latency is not None
    assert latency.max_ms == pytest.approx(5, rel=0.002)


@pytest.mark.parametrize("latency_us", [-5_000_000, 0, LONGEST_US, LONGEST_US * 1000])
def test_latencies_of_clocks_apart_are_kept_within_what_can_be_told(latency_us: int) -> None:
    window = LatencyWindow()
    window.add(latency_us)
    latency = window.close_second()
    assert latency is not None
    assert 0 < latency.max_ms <= LONGEST_US / 1000 * 1.001


def test_quantiles_are_exact_over_ten_seconds() -> None:
    window = ScoreWindow()
    for second in range(10):
        for step in range(10):
            window.add((second * 10 + step + 1) / 100)
        quantiles = window.close_second()
    assert quantiles == {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    assert window.close_second()["p50"] == 0.55
    for _ in range(9):
        quantiles = window.close_second()
    assert quantiles == {}


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**32))
def test_a_sample_keeps_anomalies_before_others(usual: int, anomalies: int, seed: int) -> None:
    chance = random.Random(seed)
    sample = PointSample(chance)
    flags = [False] * usual + [True] * anomalies
    chance.shuffle(flags)
    for place, is_anomaly in enumerate(flags):
        sample.add(NOW_MS + place, 0.5, 0.6, is_anomaly=is_anomaly)
    points = sample.close_second()
    assert len(points) == min(LARGEST_SAMPLE, usual + anomalies)
    assert sum(point.is_anomaly for point in points) == min(LARGEST_SAMPLE, anomalies)
    assert [point.timestamp_ms for point in points] == sorted(point.timestamp_ms for point in points)
    assert sample.close_second() == []


def test_a_sample_is_fair() -> None:
    sample = PointSample(random.Random(1))
    late = 0
    for _ in range(200):
        for place in range(100):
            sample.add(NOW_MS + place, 0.5, 0.6, is_anomaly=False)
        late += sum(point.timestamp_ms >= NOW_MS + 50 for point in sample.close_second())
    assert late / (200 * LARGEST_SAMPLE) == pytest.approx(0.5, abs=0.03)
