"""`python -m vigie_loadtests.dashboards`: a day of seconds in InfluxDB, each query timed; 1 when one is late."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from grafana_provisioning.evaluation.influx import InfluxQueries
from grafana_provisioning.evaluation.interpolation import Shown, filled
from grafana_provisioning.evaluation.targets import Target, targets
from vigie_loadtests.dashboards.synthetic import SyntheticSystem, alerting_accounts, second
from vigie_loadtests.influx_bucket import new_bucket, write
from vigie_loadtests.numbers import at_least, positive
from vigie_local.ports import free_port
from vigie_runtime import run_entry_point
from vigie_testing.influxdb import InfluxAccess, LocalInfluxDB

PROVISIONING: Final = Path(__file__).parents[4] / "services" / "grafana-provisioning" / "provisioning"
BUDGET_MS: Final = 300.0
TIMES: Final = 3
ALERTED_SECONDS_AGO: Final = 4 * 3_600
"""The account asked for began to alert so long ago at most: its dashboard is opened from an alert."""
WINDOW: Final = timedelta(minutes=1)
"""What Grafana makes of a day on a panel a thousand points wide."""


@dataclass(frozen=True)
class Timed:
    """One query: the median of its times, and how many rows it gave."""

    target: Target
    milliseconds: float
    rows: int


def a_day(start: int, hours: float, figures: SyntheticSystem, *, new_version_every: int = 21_600) -> Iterator[str]:
    """Line protocol of so many hours of seconds, with a new model every six of them."""
    chance = random.Random(7)
    for at in range(start, start + int(hours * 3_600)):
        version = 1 + (at - start) // new_version_every
        current = replace(figures, model_version=version, champion_version=version, threshold_version=version)
        yield from second(current, at, chance)


def timed(influx: InfluxAccess, shown: Shown) -> list[Timed]:
    """Every query of every dashboard, slowest first."""
    found = []
    with InfluxQueries(influx.url, influx.token, influx.org) as queries:
        for target in targets(PROVISIONING):
            minutes = int((target.least_window or "1m").removesuffix("m"))
            flux, times, rows = filled(target.flux, replace(shown, window=timedelta(minutes=minutes))), [], 0
            for _ in range(TIMES):
                begun = time.perf_counter()
                rows = sum(len(table.rows) for table in queries.ask(flux))
                times.append(1_000 * (time.perf_counter() - begun))
            found.append(Timed(target, median(times), rows))
    return sorted(found, key=lambda one: -one.milliseconds)


@contextmanager
def _server(folder: Path) -> Iterator[InfluxAccess]:
    server = LocalInfluxDB(folder, port=free_port())
    server.start()
    try:
        yield server.access
    finally:
        server.stop()


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description="Time each dashboard query over a day of one-second data.")
    parser.add_argument("--hours", type=positive, default=24, help="how much to fill and to ask for")
    parser.add_argument("--rate", type=at_least(1), default=50, help="transactions a second; alerts follow from it")
    options = parser.parse_args()
    stop = datetime.now(UTC).replace(microsecond=0)
    start = stop - timedelta(hours=options.hours)
    figures = SyntheticSystem(rate=options.rate)
    with tempfile.TemporaryDirectory(prefix="vigie-influx-") as folder, _server(Path(folder)) as server:
        influx = new_bucket(server)
        written = write(influx, a_day(int(start.timestamp()), options.hours, figures))
        print(f"{written:,} points of {options.hours:g} h at {options.rate} tx/s", flush=True)  # noqa: T201
        recent = int(stop.timestamp()) - ALERTED_SECONDS_AGO
        found = timed(
            influx, Shown(start, stop, WINDOW, influx.bucket, {"account": alerting_accounts(figures, recent)[0]})
        )
    for one in found:
        print(f"{one.milliseconds:7.1f} ms {one.rows:6} rows  {one.target}")  # noqa: T201
    late = [one for one in found if one.milliseconds > BUDGET_MS]
    print(f"{len(found)} queries, median of {TIMES} each; {len(late)} above {BUDGET_MS:g} ms.")  # noqa: T201
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    run_entry_point(main)
