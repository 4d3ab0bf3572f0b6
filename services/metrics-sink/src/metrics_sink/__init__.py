"""Counts, latencies, scores, drift and quality of the stream, every second, into InfluxDB and onto a topic."""

from metrics_sink.collector import DetectionFigures, MetricsCollector

__all__ = ["DetectionFigures", "MetricsCollector"]
