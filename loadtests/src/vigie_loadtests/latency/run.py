"""One load run: the whole system on free ports, history, a champion, then Locust while things change."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from confluent_kafka import Producer
from rich.console import Console

from vigie_loadtests.background import Background
from vigie_loadtests.latency.changes import ForcedChanges
from vigie_loadtests.latency.events import Event, version_changes
from vigie_loadtests.latency.machine import look_at_machine
from vigie_loadtests.latency.page import as_page
from vigie_loadtests.latency.pool import Record, make_pool, read_pool
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.report import LoadReport, Plan, measured_from_us, summarise
from vigie_loadtests.latency.settings import LoadSettings, locust_command
from vigie_loadtests.latency.text import as_text
from vigie_loadtests.latency.usage import UsageWatch
from vigie_local.services import DETECTOR, SERVICES, TRAINER, Service
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, hold_folder
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import TRANSACTIONS

FOLDER = Path("build/load")
LOCK = Path("build/load-running")
POOL_SIZE = 60_000
CHAMPION_TIMEOUT_SECONDS = 180.0
# Locust takes the generator's place, and writes to the topic itself.
LOADED_SERVICES = tuple(service for service in SERVICES if service.name not in {"generator", "gateway"})


def run_load(plan: Plan, console: Console, *, python: Path) -> tuple[LoadReport, list[str]]:
    """Run, write build/load/report.{html,json,txt}, return figures and missed budgets.

    `python` is the one that the services run in, of this checkout or of another.
    """
    with hold_folder(LOCK):
        return _run_load(plan, console, python)


def _run_load(plan: Plan, console: Console, python: Path) -> tuple[LoadReport, list[str]]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    console.print("Making transactions …")
    make_pool(FOLDER / "history.jsonl", FOLDER / "pool.jsonl", pool_size=POOL_SIZE)
    console.print("Measuring Kafka alone …")
    machine = look_at_machine(python, plan.rate)
    settings = LocalSettings(data_dir=FOLDER / "data", kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    environment = {"VIGIE_CHECKPOINT_SECONDS": str(checkpoint_seconds(plan.duration))}
    with ExitStack() as stack:
        system = stack.enter_context(
            LocalSystem(
                settings, services=LOADED_SERVICES, environment=environment, report=console.print, python=python
            )
        )
        send_history(
            KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers), read_pool(FOLDER / "history.jsonl")
        )
        wait_for_champion(system, DETECTOR, console)
        console.print(f"Locust sends {plan.rate} tx/s for {plan.warm_up} + {plan.duration} s …")
        usage = stack.enter_context(UsageWatch(system.processes))
        checkpoints = stack.enter_context(CheckpointWatch(system))
        begin_ms = int((time.time() + plan.warm_up) * 1000)
        with ForcedChanges(
            system, begin_ms=begin_ms, duration=plan.duration, with_crash=plan.with_crash, python=python
        ) as changes:
            _run_locust(system, plan)
    readings = Readings.load(FOLDER / "readings.npz")
    from_us = measured_from_us(readings, plan.warm_up)
    events = [*checkpoints.events, *version_changes(readings.since(from_us), changes.publications)]
    used = usage.between(from_us // 1000, int(readings.due_us.max()) // 1000)
    report = summarise(plan, machine, readings, events, used, changes.killed_ms)
    broken = report.broken_budgets()
    (FOLDER / "report.json").write_text(json.dumps(report.as_json(), indent=2) + "\n")
    (FOLDER / "report.txt").write_text(as_text(report, broken))
    (FOLDER / "report.html").write_text(as_page(report, broken, readings))
    return report, broken


def checkpoint_seconds(duration: int) -> int:
    """The default interval where the run is long enough to hold several, else a shorter one."""
    return min(60, max(10, duration // 3))


class CheckpointWatch(Background):
    """Notes when the detector has made a checkpoint, and how long that took."""

    def __init__(self, system: LocalSystem) -> None:
        super().__init__("checkpoints")
        self._system = system
        self.events: list[Event] = []

    def run(self) -> None:
        """Ask the detector once a second."""
        seen = self._system.status(DETECTOR).get("last_checkpoint_ms")
        while not self._stop.wait(1.0):
            status = self._system.status(DETECTOR)
            moment, seconds = status.get("last_checkpoint_ms"), status.get("last_checkpoint_seconds")
            if isinstance(moment, int) and moment != seen:
                took_ms = round(seconds * 1000) if isinstance(seconds, int | float) else 0
                self.events.append(Event("checkpoint", moment - took_ms, moment))
                seen = moment


def send_history(kafka: KafkaSettings, history: Iterable[Record]) -> None:
    """Write transactions to their topic."""
    producer = Producer(kafka.producer_config(linger_ms=20))
    for record in history:
        while True:
            try:
                producer.produce(
                    kafka.topic_name(TRANSACTIONS), key=str(record["account_id"]), value=json.dumps(record)
                )
                break
            except BufferError:
                producer.poll(0.5)
        producer.poll(0)
    producer.flush(60)


def wait_for_champion(system: LocalSystem, detector: Service, console: Console) -> None:
    """Return once the detector scores; raise UnavailableError after CHAMPION_TIMEOUT_SECONDS."""
    console.print("Learning from history …")
    deadline = time.monotonic() + CHAMPION_TIMEOUT_SECONDS
    while system.status(detector).get("phase") != "scoring":
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"No champion after {CHAMPION_TIMEOUT_SECONDS:.0f} s. {system.processes[TRAINER.name].log_end()}"
            )
        time.sleep(0.5)


def _run_locust(system: LocalSystem, plan: Plan) -> None:
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": system.bootstrap_servers,
        "VIGIE_LOAD_RATE": str(plan.rate),
        "VIGIE_LOAD_WARM_UP_SECONDS": str(plan.warm_up),
        "VIGIE_LOAD_POOL": str(FOLDER / "pool.jsonl"),
        "VIGIE_LOAD_RESULTS": str(FOLDER / "readings.npz"),
    }
    command = locust_command(LoadSettings(load_rate=plan.rate), plan.duration + plan.warm_up)
    command += ["--html", str(FOLDER / "locust.html"), "--csv", str(FOLDER / "locust")]
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode != 0 or not (FOLDER / "readings.npz").exists():
        raise UnavailableError(f"Locust ended with exit code {done.returncode}: see its report above.")
