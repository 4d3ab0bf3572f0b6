"""Points about the sink itself and about the versions in use."""

from typing import Literal

from metrics_sink.figures.second import SecondFigures
from metrics_sink.influx.line_protocol import line
from metrics_sink.influx.points import SECOND_NS
from metrics_sink.influx.writer import InfluxWriter, WriterCounts
from metrics_sink.storage.store import Store
from vigie_schemas import measurements


class SinkPoints:
    """What the writer did since the second before, and the versions."""

    def __init__(self, store: Store, writer: InfluxWriter | None) -> None:
        self._store = store
        self._writer = writer
        self._written = self._failures = self._dropped = 0

    @property
    def influx(self) -> Literal["off", "up", "down"]:
        """Whether InfluxDB accepts the figures."""
        if self._writer is None:
            return "off"
        return "up" if self._writer.counts.is_up else "down"

    @property
    def dropped_points(self) -> int:
        """Points lost since the start: the buffer was full, or InfluxDB refused them for good."""
        refused = self._writer.counts.refused if self._writer else 0
        return refused + self._store.dropped_points

    def lines(self, second: SecondFigures, champion_version: int | None) -> list[str]:
        """The two lines of a second."""
        at_ns = second.start_s * SECOND_NS
        counts = self._writer.counts if self._writer else WriterCounts()
        written, failures, dropped = counts.written, counts.failures, self.dropped_points
        sink = {
            "buffered_points": self._store.buffered_points,
            "written": written - self._written,
            "write_failures": failures - self._failures,
            "dropped": dropped - self._dropped,
            "influx_up": float(counts.is_up),
            "unreadable": second.traffic.unreadable,
        }
        self._written, self._failures, self._dropped = written, failures, dropped
        versions = {
            "model_version": second.model_version,
            "threshold_version": second.threshold_version,
            "champion_version": champion_version,
            "models": second.models,
        }
        return [line(measurements.SINK, at_ns, sink), line(measurements.VERSIONS, at_ns, versions)]
