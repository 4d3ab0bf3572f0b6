"""Latencies of the last seconds: exact ranks over HDR's buckets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie_runtime.latencies import WINDOW_SECONDS, LatencyHistogram, LatencyWindow
from vigie_runtime.percentiles import value_at_percentile
from vigie_schemas import Latency

MAX_US = 600_000_000


def closed(window: LatencyWindow) -> Latency:
    _, latency = window.close_second()
    assert latency is not None
    return latency


def test_two_slow_records_of_180_show_in_the_p99() -> None:
    window = LatencyWindow(MAX_US)
    for latency_us in [4_000] * 178 + [900_000] * 2:
        window.add(latency_us)

    assert closed(window).p99_ms == pytest.approx(900, rel=0.001)


def test_percentiles_are_those_of_the_latencies() -> None:
    window = LatencyWindow(MAX_US)
    for milliseconds in range(1, 1001):
        window.add(milliseconds * 1000)

    latency = closed(window)

    assert (latency.seconds, latency.count) == (1, 1000)
    found = (latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.p999_ms, latency.max_ms)
    assert found == pytest.approx((500, 950, 990, 999, 1000), rel=0.001)


def test_ten_seconds_are_together_and_older_ones_gone() -> None:
    window = LatencyWindow(MAX_US)
    window.add(900_000)
    for number in range(WINDOW_SECONDS):
        histogram, latency = window.close_second()
        assert histogram.count == (0 if number else 1)
        assert latency is not None
        assert latency.count == 1
    assert latency.seconds == WINDOW_SECONDS

    assert window.close_second()[1] is None
    window.add(5_000)
    assert closed(window).max_ms == pytest.approx(5, rel=0.001)


@pytest.mark.parametrize("latency_us", [-5_000_000, 0, MAX_US, MAX_US * 1000])
def test_latencies_of_differing_clocks_stay_within_the_range(latency_us: int) -> None:
    window = LatencyWindow(MAX_US)
    window.add(latency_us)

    assert 0 < closed(window).max_ms <= MAX_US / 1000 * 1.001


@settings(deadline=None)
@given(st.lists(st.integers(1, MAX_US), min_size=1, max_size=200), st.sampled_from([50.0, 95.0, 99.0, 99.9]))
def test_a_percentile_is_within_three_digits_of_the_exact_one(latencies_us: list[int], percentile: float) -> None:
    histogram = LatencyHistogram()
    for latency_us in latencies_us:
        histogram.add(latency_us)

    (found,) = histogram.values_at([percentile])

    exact = value_at_percentile(sorted(latencies_us), percentile)
    assert exact <= found <= exact * 1.001


@given(st.lists(st.lists(st.integers(1, MAX_US), max_size=20), max_size=5))
def test_merging_is_adding_everything_to_one(parts: list[list[int]]) -> None:
    merged, together = LatencyHistogram(), LatencyHistogram()
    for part in parts:
        one = LatencyHistogram()
        for latency_us in part:
            one.add(latency_us)
            together.add(latency_us)
        merged.merge(one)

    assert merged.ascending() == together.ascending()
    assert merged.count == together.count == sum(len(part) for part in parts)


def test_of_nothing_there_is_no_latency() -> None:
    assert LatencyHistogram().latency(seconds=1) is None
