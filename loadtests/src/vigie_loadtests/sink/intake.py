"""How much processor time records cost the sink, and how exact the latency is that it writes."""

import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from vigie_loadtests.sink.records import ScoredWriter
from vigie_loadtests.sink.stage import stage, wait_until
from vigie_loadtests.sink.written import WrittenPoints

MAX_CPU_SECONDS = 1.0
"""For 10,000 records: what one core has in the second in which they come."""
MAX_ERROR = 0.01


@dataclass(frozen=True)
class IntakeReport:
    """What was measured."""

    records: int
    cpu_seconds_per_10k: float
    records_per_second: float
    exact_p99_ms: float
    p99_error: float
    missing_seconds: int

    def missed(self) -> list[str]:
        """One sentence for each budget that was not kept."""
        found = []
        if self.cpu_seconds_per_10k > MAX_CPU_SECONDS:
            found.append(
                f"10,000 records took {self.cpu_seconds_per_10k:.2f} s of processor time, more than one core has."
            )
        if self.p99_error > MAX_ERROR:
            found.append(f"The written p99 is {self.p99_error:.2%} off.")
        if self.missing_seconds:
            found.append(f"{self.missing_seconds} seconds are missing.")
        return found


def measure_intake(rate: int, seconds: int, console: Console) -> IntakeReport:
    """Write `seconds` of records while the sink is away, then let it take them in on one core as fast as it can."""
    with stage() as (kafka, influx, sink):
        sink.process.stop()
        begin_ms = (int(time.time()) + 1) * 1000
        console.print(f"Writing {rate * seconds:,} scored records …")
        writer = ScoredWriter(kafka)
        for second in range(seconds):
            writer.write(begin_ms + 1000 * second + np.arange(rate) * 1000 // rate)
        writer.flush()
        # the sink puts no record into a second that has not come yet
        wait_until(lambda: time.time() * 1000 > begin_ms + 1000 * seconds, "the clock stands still")
        sink.start()
        begun, cpu_before = time.monotonic(), sink.cpu_seconds()
        wait_until(lambda: sink.status().get("transactions_total", 0) >= writer.written, "not all records were counted")
        cpu, wall = sink.cpu_seconds() - cpu_before, time.monotonic() - begun
        written = WrittenPoints(influx.access)
        wait_until(lambda: written.transactions() >= writer.written, "not all figures were written", each_seconds=2)
        exact, error = written.p99_error(writer.latencies_us)
        return IntakeReport(
            records=writer.written,
            cpu_seconds_per_10k=cpu / writer.written * 10_000,
            records_per_second=writer.written / wall,
            exact_p99_ms=exact,
            p99_error=error,
            missing_seconds=written.missing_seconds(),
        )
