"""One system under load: its latency at a low rate, what a kill costs, and the highest rate it keeps up with."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vigie_loadtests.latency.events import crash
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.report import measured_from_us
from vigie_loadtests.latency.settings import LoadSettings, locust_command
from vigie_loadtests.latency.usage import UsageWatch
from vigie_peers.stage import Stage
from vigie_runtime import UnavailableError
from vigie_runtime.percentiles import value_at_percentile

WARM_UP_SECONDS: Final = 5
KILL_AT_SECONDS: Final = 10
KILL_RUN_SECONDS: Final = 60
P99_BUDGET_MS: Final = 100.0


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from the moment each transaction was due until its record was read, at one rate."""

    rate: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    lost: int

    @property
    def holds(self) -> bool:
        """Whether the system keeps up."""
        return self.p99_ms < P99_BUDGET_MS and self.lost == 0


@dataclass(frozen=True)
class Kill:
    """What a SIGKILL costs, with a start at once."""

    first_score_seconds: float | None
    """From the kill until a transaction that was due after it is scored; None where none was."""
    caught_up_seconds: float
    lost: int
    repeated: int
    forgotten_share: float
    """Of the records written last, those that know little of their account and knew more before."""


@dataclass(frozen=True)
class Measured:
    """All of one system."""

    name: str
    title: str
    history_seconds: float
    """From its start until the history is worked through."""
    low: Latencies
    steps: list[Latencies]
    """At rates above, up to the first that it does not hold."""
    cpu_ms_per_1000: float
    memory_mib: float
    kill: Kill | None

    @property
    def highest_rate(self) -> int:
        """Highest of the rates tried that it held; 0 where it held none."""
        return max((step.rate for step in (self.low, *self.steps) if step.holds), default=0)


class Loads:
    """Loads one stage, again and again, with transactions that go on where the load before ended."""

    def __init__(self, stage: Stage, folder: Path, pool: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._pool = pool
        self._next_number = 0

    def run(self, rate: int, seconds: int, during: Callable[[], None] = lambda: None) -> Readings:
        """Send at a rate for so long after the warm-up; `during` is called when that is over."""
        results = self._folder / f"readings-{self._next_number}.npz"
        environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self._stage.kafka.kafka_bootstrap_servers,
            "VIGIE_LOAD_RATE": str(rate),
            "VIGIE_LOAD_FIRST_NUMBER": str(self._next_number),
            "VIGIE_LOAD_WARM_UP_SECONDS": str(WARM_UP_SECONDS),
            "VIGIE_LOAD_POOL": str(self._pool.absolute()),
            "VIGIE_LOAD_RESULTS": str(results.absolute()),
        }
        command = locust_command(LoadSettings(load_rate=rate), seconds + WARM_UP_SECONDS)
        with (self._folder / "locust.txt").open("ab") as log:
            locust = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
            try:
                during()
                locust.wait(seconds + 300)
            finally:
                locust.kill()
        if not results.exists():
            raise UnavailableError(f"Locust ended with exit code {locust.returncode}: see {self._folder}/locust.txt.")
        readings = Readings.load(results)
        self._next_number += readings.sent
        return readings


def measure(stage: Stage, loads: Loads, history_seconds: float, *, rates: list[int], seconds: int) -> Measured:
    """Everything of one system; `rates` ascend, and what is compared at a common rate is measured at the first."""
    with UsageWatch({stage.system.name: stage.process}) as usage:
        readings = loads.run(rates[0], seconds)
    low = latencies(readings, rates[0])
    from_us = measured_from_us(readings, WARM_UP_SECONDS)
    used = usage.between(from_us // 1000, int(readings.due_us.max()) // 1000)[stage.system.name]
    kill = killed(stage, loads, rates[0]) if stage.system.scores else None
    steps: list[Latencies] = []
    for rate in rates[1:] if low.holds else []:
        steps.append(latencies(loads.run(rate, seconds), rate))
        if not steps[-1].holds:
            break
    return Measured(
        name=stage.system.name,
        title=stage.system.title,
        history_seconds=round(history_seconds, 1),
        low=low,
        steps=steps,
        cpu_ms_per_1000=round(used.cpu_seconds * 1e6 / len(readings.first().since(from_us).numbers)),
        memory_mib=round(used.highest_mib),
        kill=kill,
    )


def latencies(readings: Readings, rate: int) -> Latencies:
    """Figures of one load after its warm-up; completeness over all of it."""
    first = readings.first()
    ascending = np.sort(first.since(measured_from_us(readings, WARM_UP_SECONDS)).latencies_ms)
    p50, p99, p999 = (round(float(value_at_percentile(ascending, share)), 1) for share in (50.0, 99.0, 99.9))
    return Latencies(rate, p50, p99, p999, round(float(ascending[-1]), 1), readings.sent - len(first.numbers))


def killed(stage: Stage, loads: Loads, rate: int) -> Kill:
    """Load, kill, start again, and look at what came of it."""
    moment: list[int] = []
    young = stage.young_share()

    def kill() -> None:
        time.sleep(WARM_UP_SECONDS + KILL_AT_SECONDS)
        moment.append(int(time.time() * 1000))
        stage.process.kill()
        stage.process.start()

    readings = loads.run(rate, KILL_RUN_SECONDS, kill)
    return recovery(readings, moment[0], max(0.0, stage.young_share() - young))


def recovery(readings: Readings, killed_ms: int, forgotten_share: float) -> Kill:
    """What the readings of a load say about a kill at this moment."""
    first = readings.first()
    reads = first.since(killed_ms * 1000).read_us
    event = crash(killed_ms, first)
    return Kill(
        first_score_seconds=round(float(reads.min()) / 1e6 - killed_ms / 1000, 1) if len(reads) else None,
        caught_up_seconds=round((event.until_ms - event.from_ms) / 1000, 1),
        lost=readings.sent - len(first.numbers),
        repeated=len(readings.numbers) - len(first.numbers),
        forgotten_share=round(forgotten_share, 2),
    )
