"""Figures of the last ten seconds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.latencies import LONGEST_US, LatencyWindow, merged
from metrics_sink.scores import LARGEST_SAMPLE, PointSample, ScoreWindow

NOW_MS = 1_780_000_000_000


def test_percentiles_are_those_of_the_latencies() -> None:
    window = LatencyWindow()
    for milliseconds in range(1, 1001):
        window.add(milliseconds * 1000)
    second, latency = window.close_second()
    assert second is not None
    assert second.second == latency
    assert (latency.seconds, latency.count) == (1, 1000)
    assert latency.p50_ms == pytest.approx(500, rel=0.002)
    assert latency.p95_ms == pytest.approx(950, rel=0.002)
    assert latency.p99_ms == pytest.approx(990, rel=0.002)
    assert latency.p999_ms == pytest.approx(999, rel=0.002)
    assert latency.max_ms == pytest.approx(1000, rel=0.002)


def test_ten_seconds_are_merged_and_older_ones_forgotten() -> None:
    window = LatencyWindow()
    window.add(900_000)
    for number in range(10):
        second, latency = window.close_second()
        assert (second is None) == (number > 0)
        assert latency is not None
        assert latency.count == 1
    assert latency.seconds == 10
    assert window.close_second() == (None, None)
    window.add(5_000)
    _, latency = window.close_second()
    assert latency is not None
    assert latency.max_ms == pytest.approx(5, rel=0.002)


@pytest.mark.parametrize("latency_us", [-5_000_000, 0, LONGEST_US, LONGEST_US * 1000])
def test_latencies_of_clocks_apart_are_kept_within_what_can_be_told(latency_us: int) -> None:
    window = LatencyWindow()
    window.add(latency_us)
    _, latency = window.close_second()
    assert latency is not None
    assert 0 < latency.max_ms <= LONGEST_US / 1000 * 1.001


def test_quantiles_are_exact_over_ten_seconds() -> None:
    window = ScoreWindow()
    for second in range(10):
        for step in range(10):
            window.add((second * 10 + step + 1) / 100, "established_account")
        segments, quantiles = window.close_second()
    assert quantiles == {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    assert segments == {"established_account": ({"p50": 0.95, "p90": 0.99, "p99": 1.0}, 10)}
    assert window.close_second()[1]["p50"] == 0.55
    for _ in range(9):
        segments, quantiles = window.close_second()
    assert (segments, quantiles) == ({}, {})


def test_segments_have_figures_of_their_own() -> None:
    window = ScoreWindow()
    window.add(0.2, "new_account")
    window.add(0.9, "established_account")

    segments, together = window.close_second()

    assert segments["new_account"].quantiles["p99"] == 0.2
    assert segments["established_account"].quantiles["p50"] == 0.9
    assert together["p50"] == 0.2


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, LONGEST_US), max_size=30), min_size=1, max_size=6))
def test_written_histograms_merge_without_loss(seconds: list[list[int]]) -> None:
    window = LatencyWindow()
    texts = []
    for latencies in seconds:
        for latency_us in latencies:
            window.add(latency_us)
        second, _ = window.close_second()
        texts += [second.histogram] if second else []

    whole = merged(texts)

    everything = sorted(latency for latencies in seconds for latency in latencies)
    assert whole.get_total_count() == len(everything)
    for share in (50, 99, 100):
        if everything:
            rank = max(int(share / 100 * len(everything) + 0.5), 1)  # to the nearest, as HDR histograms count
            exact = everything[rank - 1]
            assert whole.get_value_at_percentile(share) == pytest.approx(exact, rel=0.001, abs=1)


@settings(deadline=None)
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
