"""Figures of the last ten seconds."""

import random

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.figures.latencies import MAX_US, encoded, merged
from metrics_sink.figures.scores import MAX_SAMPLE_POINTS, PointSample, ScoreWindow
from vigie_runtime.latencies import LatencyHistogram, LatencyWindow

NOW_MS = 1_780_000_000_000


def test_a_written_second_shows_two_slow_records_of_180() -> None:
    window = LatencyWindow(MAX_US)
    for latency_us in [4_000] * 178 + [900_000] * 2:
        window.add(latency_us)
    histogram, _ = window.close_second()

    written = merged([encoded(histogram)])

    assert histogram.values_at([99.0]) == written.values_at([99.0]) == [pytest.approx(900_000, rel=0.001)]


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
@given(st.lists(st.lists(st.integers(1, MAX_US), max_size=30), min_size=1, max_size=6))
def test_written_histograms_merge_without_loss(seconds: list[list[int]]) -> None:
    window, together, texts = LatencyWindow(MAX_US), LatencyHistogram(), []
    for latencies_us in seconds:
        for latency_us in latencies_us:
            window.add(latency_us)
            together.add(latency_us)
        texts.append(encoded(window.close_second()[0]))

    assert merged(texts).ascending() == together.ascending()


@settings(deadline=None)
@given(st.integers(1, MAX_US))
def test_a_bucket_is_that_of_the_hdrhistogram_package(latency_us: int) -> None:
    own, theirs = LatencyHistogram(), HdrHistogram(1, MAX_US, 3)
    own.add(latency_us)

    assert own.ascending() == [(theirs.get_highest_equivalent_value(latency_us), 1)]


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
    assert len(points) == min(MAX_SAMPLE_POINTS, usual + anomalies)
    assert sum(point.is_anomaly for point in points) == min(MAX_SAMPLE_POINTS, anomalies)
    assert [point.timestamp_ms for point in points] == sorted(point.timestamp_ms for point in points)
    assert sample.close_second() == []


def test_a_sample_is_fair() -> None:
    sample = PointSample(random.Random(1))
    late = 0
    for _ in range(200):
        for place in range(100):
            sample.add(NOW_MS + place, 0.5, 0.6, is_anomaly=False)
        late += sum(point.timestamp_ms >= NOW_MS + 50 for point in sample.close_second())
    assert late / (200 * MAX_SAMPLE_POINTS) == pytest.approx(0.5, abs=0.03)
