"""A second's latencies as the text of an HDR histogram, as `latency.histogram` keeps it in InfluxDB.

Such texts can be merged exactly over any span. Their percentiles are taken by vigie_runtime.latencies, not by the
hdrhistogram package, whose ranks are too low (docs/adr/0013).
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from hdrh.histogram import HdrHistogram

from vigie_runtime.latencies import LatencyHistogram
from vigie_schemas import Latency

MAX_US: Final = 600_000_000
SIGNIFICANT_DIGITS: Final = 3


class ClosedLatency(NamedTuple):
    """What is written of a second's latencies."""

    second: Latency
    histogram: str
    """All of them in HDR's text form."""


def closed(histogram: LatencyHistogram) -> ClosedLatency | None:
    """What is written of a closed second; None when it has no latency."""
    second = histogram.latency(seconds=1)
    return ClosedLatency(second, encoded(histogram)) if second else None


def encoded(histogram: LatencyHistogram) -> str:
    """The histogram in HDR's text form."""
    hdr = _hdr()
    for latency_us, count in histogram.ascending():
        hdr.record_value(latency_us, count)
    return hdr.encode().decode("ascii")


def merged(texts: Iterable[str]) -> LatencyHistogram:
    """One histogram of many written ones, without loss: all have the same buckets."""
    whole = _hdr()
    for text in texts:
        whole.decode_and_add(text)
    histogram = LatencyHistogram()
    for index, count in enumerate(whole.counts):
        if count:
            histogram.add(whole.get_value_from_index(index), count)
    return histogram


def _hdr() -> HdrHistogram:
    return HdrHistogram(1, MAX_US, SIGNIFICANT_DIGITS)
