"""The whole comparison: a champion is trained once, then each system runs alone with it, one after the other."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from vigie_loadtests.latency.machine import Machine, look_at_machine
from vigie_loadtests.latency.pool import Record, make_pool, read_pool
from vigie_loadtests.latency.run import LOADED_SERVICES, send_history, wait_for_champion
from vigie_local.services import DETECTOR, MLFLOW
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, hold_folder
from vigie_peers.export_forest import export_forest
from vigie_peers.measuring import Loads, Measured, measure
from vigie_peers.programs.judge import FOREST
from vigie_peers.stage import Stage
from vigie_peers.systems import System
from vigie_peers.table import as_markdown
from vigie_runtime import KafkaSettings

FOLDER: Final = Path("build/peers")
POOL_SIZE: Final = 60_000


@dataclass(frozen=True)
class Plan:
    """What each system is given."""

    rates: list[int]
    """Ascending; what is compared at a common rate is measured at the first."""
    seconds: int
    """At each rate, after the warm-up."""
    history: int
    """Transactions that it works through before."""


def compare(systems: Sequence[System], console: Console, plan: Plan) -> str:
    """Measure all, write build/peers/report.{md,json}; return the table."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with hold_folder(FOLDER / "running"):
        console.print("Making transactions …")
        history, pool = FOLDER / "history.jsonl", FOLDER / "pool.jsonl"
        make_pool(history, pool, pool_size=POOL_SIZE)
        machine = look_at_machine(Path(sys.executable), plan.rates[0])
        _train(console, history)
        registry = LocalSettings(data_dir=FOLDER / "training", mlflow_port=0)
        with LocalSystem(registry, services=(MLFLOW,)) as running:
            environment = {
                "MLFLOW_TRACKING_URI": running.address(MLFLOW),
                FOREST: str((FOLDER / "forest.joblib").absolute()),
            }
            measured: list[Measured] = []
            for system in systems:
                console.print(f"{system.title} …")
                measured.append(_measure(system, read_pool(history)[-plan.history :], pool, environment, plan))
                _write(measured, machine, plan)
    return _write(measured, machine, plan)


def _train(console: Console, history: Path) -> None:
    settings = LocalSettings(data_dir=FOLDER / "training", kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    with LocalSystem(settings, services=LOADED_SERVICES) as system:
        send_history(KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers), read_pool(history))
        wait_for_champion(system, DETECTOR, console)
        export_forest(system.address(MLFLOW), FOLDER / "forest.joblib")


def _measure(system: System, history: list[Record], pool: Path, environment: dict[str, str], plan: Plan) -> Measured:
    folder = FOLDER / system.name
    with Stage(system, folder, environment) as stage:
        history_seconds = stage.work_through(history)
        return measure(stage, Loads(stage, folder, pool), history_seconds, rates=plan.rates, seconds=plan.seconds)


def _write(measured: Sequence[Measured], machine: Machine, plan: Plan) -> str:
    """After each system: what was measured before one that fails is not lost."""
    table = as_markdown(measured, machine, plan.rates, plan.history)
    report = {"machine": asdict(machine), "systems": [asdict(one) for one in measured]}
    (FOLDER / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    (FOLDER / "report.md").write_text(table)
    return table
