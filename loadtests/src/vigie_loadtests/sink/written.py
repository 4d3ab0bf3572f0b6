"""What the sink wrote into InfluxDB, read back."""

import json
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from influxdb_client.client.influxdb_client import InfluxDBClient
from numpy.typing import NDArray

from metrics_sink.figures.latencies import merged
from vigie_runtime.percentiles import value_at_percentile
from vigie_schemas import measurements
from vigie_testing.influxdb import InfluxAccess


class WrittenPoints:
    """Reads a bucket."""

    def __init__(self, access: InfluxAccess) -> None:
        self._access = access

    def rows(self, measurement: str, field: str) -> list[tuple[datetime, float | str]]:
        """Time and value, in order of time."""
        flux = (
            f"from(bucket: {json.dumps(self._access.bucket)}) |> range(start: -1d)"
            f" |> filter(fn: (r) => r._measurement == {json.dumps(measurement)} and r._field == {json.dumps(field)})"
        )
        access = self._access
        with InfluxDBClient(access.url, access.token, org=access.org, timeout=60_000) as client:
            tables = client.query_api().query(flux)
        return sorted((record.get_time(), record.get_value()) for table in tables for record in table.records)

    def transactions(self) -> float:
        """Records counted, all seconds together."""
        return sum(float(value) for _, value in self.rows(measurements.THROUGHPUT.name, "transactions"))

    def missing_seconds(self) -> int:
        """Seconds between the first and the last that have no point."""
        times = [at.timestamp() for at, _ in self.rows(measurements.THROUGHPUT.name, "transactions")]
        return round(times[-1] - times[0]) + 1 - len(times) if times else 0

    def p99_error(self, latencies_us: Sequence[NDArray[np.int64]]) -> tuple[float, float]:
        """The latencies' exact 99th percentile in ms, and the written one's relative error; arrays of any length."""
        exact_all = np.sort(np.concatenate(latencies_us)).tolist()
        exact = float(value_at_percentile(exact_all, 99.0))
        histograms = [str(value) for _, value in self.rows(measurements.LATENCY.name, "histogram")]
        (written_p99,) = merged(histograms).values_at([99.0])
        return exact / 1000, abs(written_p99 - exact) / exact
