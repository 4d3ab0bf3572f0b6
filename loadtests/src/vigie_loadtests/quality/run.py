"""One run a seed: the system as `make run` starts it, history, a champion, settling, then the measured traffic."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from vigie_loadtests.latency.run import wait_for_champion
from vigie_loadtests.quality.measuring import LabelledTransaction
from vigie_loadtests.quality.observing import Observations, observe
from vigie_local.services import DETECTOR, GENERATOR
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, hold_folder
from vigie_runtime import KafkaSettings, UnavailableError

FOLDER = Path("build/quality")
LOCK = Path("build/quality-running")
# Forty days of 500 accounts, all of which the champion learns from: the alert share of fewer is known too loosely.
HISTORY_DAYS = 40
TRAIN_ROWS = 55_000
TIMEOUT_SECONDS = 120.0
SLOWEST = 3  # times as slow as asked for is still waited for
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True)
class QualityPlan:
    """What is measured: each seed's first `transactions` live ones that come after `settle` scored ones."""

    seeds: tuple[int, ...]
    transactions: int
    settle: int
    rate: float
    labels: bool = False
    """Whether the generator's labels of its history teach a second stage before the first champion serves."""


def measured_by_seed(plan: QualityPlan, console: Console) -> dict[int, list[LabelledTransaction]]:
    """Run the system once for each seed; data of the runs is removed, whatever happens."""
    with hold_folder(LOCK):
        shutil.rmtree(FOLDER, ignore_errors=True)
        return {seed: _measured(plan, seed, console) for seed in plan.seeds}


def _measured(plan: QualityPlan, seed: int, console: Console) -> list[LabelledTransaction]:
    console.print(f"Seed {seed}: starting the system …")
    settings = LocalSettings(kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0, data_dir=FOLDER / f"data-{seed}")
    environment = {
        "VIGIE_SEED": str(seed),
        "VIGIE_RATE": str(plan.rate),
        "VIGIE_HISTORY_DAYS": str(HISTORY_DAYS),
        "VIGIE_CANARY_SECONDS": "0",  # their alerts would be counted as if they were the detector's mistakes
        "VIGIE_GATEWAY_CANARY_SECONDS": "0",
        "VIGIE_TRAIN_MINIMUM_ROWS": str(TRAIN_ROWS),
        "VIGIE_LEARN_FROM": "generator" if plan.labels else "none",
    }
    with _removed_afterwards(settings.data_dir), LocalSystem(settings, environment=environment) as system:
        wait_for_champion(system, DETECTOR, console)
        observations = Observations(_history_sent(system), plan.settle, plan.transactions)
        console.print(f"Seed {seed}: {plan.settle:,} transactions to settle, then {plan.transactions:,} are measured …")
        seconds = SLOWEST * (plan.settle + plan.transactions) / plan.rate + TIMEOUT_SECONDS
        kafka = KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)
        return observe(kafka, observations, seconds=seconds, watch=_Watch(system, observations, console))


class _Watch:
    """Says now and then how far a run is; raises UnavailableError when a part of the system has ended."""

    def __init__(self, system: LocalSystem, observations: Observations, console: Console) -> None:
        self._system = system
        self._observations = observations
        self._console = console
        self._next = time.monotonic() + PROGRESS_SECONDS

    def __call__(self) -> None:
        """Look once."""
        for name in self._system.ended():
            raise UnavailableError(f"{name} ended during the run. {self._system.processes[name].log_end()}")
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_SECONDS
            self._console.print(f"  {self._observations.scored:,} scored")


def _history_sent(system: LocalSystem) -> int:
    """Transactions of history, known once the generator is at its live traffic."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        status = system.status(GENERATOR)
        if status.get("phase") == "live":
            return int(str(status["history_sent"]))
        time.sleep(0.5)
    raise UnavailableError(f"The generator sent no live traffic. {system.processes[GENERATOR.name].log_end()}")


@contextmanager
def _removed_afterwards(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def all_of(measured: dict[int, list[LabelledTransaction]]) -> Sequence[LabelledTransaction]:
    """The transactions of all seeds."""
    return [one for of_seed in measured.values() for one in of_seed]
