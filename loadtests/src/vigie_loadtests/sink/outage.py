"""InfluxDB stops for a while under load: nothing may be missing afterwards, and memory must not grow with the wait."""

import time
from dataclasses import dataclass

from rich.console import Console

from vigie_loadtests.background import Background
from vigie_loadtests.sink.records import ScoredWriter
from vigie_loadtests.sink.stage import SinkUnderLoad, stage, wait_until
from vigie_loadtests.sink.written import WrittenPoints

SECONDS_AROUND = 20
"""Of load before and after the outage."""
MAX_GROWTH_MB = 50.0
"""Of memory during the outage: a few requests' worth, whatever its length."""


@dataclass(frozen=True)
class OutageReport:
    """What was measured."""

    seconds_away: int
    records: int
    counted: int
    missing_seconds: int
    most_buffered_points: int
    dropped_points: int
    resident_before_mb: float
    resident_most_mb: float
    seconds_to_catch_up: float

    def missed(self) -> list[str]:
        """One sentence for each target that was missed."""
        found = []
        if self.missing_seconds:
            found.append(f"{self.missing_seconds} seconds are missing.")
        if self.counted != self.records:
            found.append(f"{self.counted} records are in the figures, {self.records} were written.")
        if self.dropped_points:
            found.append(f"{self.dropped_points} points were dropped.")
        if self.resident_most_mb - self.resident_before_mb > MAX_GROWTH_MB:
            found.append(f"Memory grew by {self.resident_most_mb - self.resident_before_mb:.0f} MB.")
        return found


class _Watcher(Background):
    """Notes the sink's memory and buffer once a second."""

    def __init__(self, sink: SinkUnderLoad) -> None:
        super().__init__("sink watch")
        self._sink = sink
        self.resident_mb = 0.0
        self.buffered_points = 0

    def run(self) -> None:
        """Look once a second."""
        while not self._stop.wait(1.0):
            self.resident_mb = max(self.resident_mb, self._sink.resident_mb())
            self.buffered_points = max(self.buffered_points, self._sink.status().get("buffered_points", 0))


def measure_outage(rate: int, seconds: int, console: Console) -> OutageReport:
    """Load before, during and after an outage of `seconds`."""
    with stage() as (kafka, influx, sink):
        writer = ScoredWriter(kafka)
        writer.pace(rate, time.time() + SECONDS_AROUND)
        before_mb = sink.resident_mb()
        with _Watcher(sink) as watcher:
            console.print(f"InfluxDB stops for {seconds} s …")
            influx.stop()
            writer.pace(rate, time.time() + seconds)
            influx.start()
            back = time.monotonic()
            console.print("InfluxDB is back …")
            writer.pace(rate, time.time() + SECONDS_AROUND)
            wait_until(lambda: sink.status().get("influx") == "up", "the sink does not write again")
            writer.flush()
            written = WrittenPoints(influx.access)
            wait_until(lambda: written.transactions() >= writer.written, "not all figures came", each_seconds=1)
            caught_up = time.monotonic() - back
        return OutageReport(
            seconds_away=seconds,
            records=writer.written,
            counted=round(written.transactions()),
            missing_seconds=written.missing_seconds(),
            most_buffered_points=watcher.buffered_points,
            dropped_points=sink.status().get("dropped_points", 0),
            resident_before_mb=before_mb,
            resident_most_mb=watcher.resident_mb,
            seconds_to_catch_up=caught_up,
        )
