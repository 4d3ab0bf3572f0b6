"""The metrics sink alone under load, on a real broker and a real InfluxDB."""
