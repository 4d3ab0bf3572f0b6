"""One load run: the whole system on free ports, history, a champion, then Locust."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from confluent_kafka import Producer
from rich.console import Console

from vigie_loadtests.pool import make_pool, read_pool
from vigie_loadtests.report import LoadReport, Readings, summarise, write_report
from vigie_loadtests.settings import LoadSettings
from vigie_local.services import DETECTOR, SERVICES, TRAINER, Service
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, hold_folder
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import TRANSACTIONS

FOLDER = Path("build/load")
LOCK = Path("build/load-running")
POOL_SIZE = 60_000
CHAMPION_SECONDS = 180.0
# Locust takes the generator's place.
LOADED_SERVICES = tuple(service for service in SERVICES if service.name != "generator")


def run_load(rate: int, duration: int, warm_up: int, console: Console) -> tuple[LoadReport, list[str]]:
    """Run, write build/load/report.html and report.json, return figures and missed budgets."""
    with hold_folder(LOCK):
        return _run_load(rate, duration, warm_up, console)


def _run_load(rate: int, duration: int, warm_up: int, console: Console) -> tuple[LoadReport, list[str]]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    console.print("Making transactions …")
    make_pool(FOLDER / "history.jsonl", FOLDER / "pool.jsonl", pool_size=POOL_SIZE)
    settings = LocalSettings(data_dir=FOLDER / "data", kafka_port=0, mlflow_port=0, page_port=0)
    environment = {"VIGIE_CHECKPOINT_SECONDS": str(checkpoint_seconds(duration))}
    with LocalSystem(
        settings, services=LOADED_SERVICES, environment=environment, report=lambda *event: console.print(*event)
    ) as system:
        kafka = KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)
        _send_history(kafka)
        wait_for_champion(system, DETECTOR, console)
        with CheckpointWatch(system) as watch:
            console.print(f"Locust sends {rate} tx/s for {warm_up} + {duration} s …")
            _run_locust(system, rate, duration, warm_up)
    readings = Readings.load(FOLDER / "readings.npz")
    report = summarise(readings, watch.moments_ms, warm_up)
    broken = report.broken_budgets(rate)
    write_report(FOLDER, report, broken, readings, watch.moments_ms)
    return report, broken


def checkpoint_seconds(duration: int) -> int:
    """The default interval where the run is long enough to hold several, else a shorter one."""
    return min(60, max(10, duration // 3))


class CheckpointWatch:
    """Notes when the detector makes a checkpoint."""

    def __init__(self, system: LocalSystem) -> None:
        self._system = system
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.moments_ms: list[int] = []

    def __enter__(self) -> "CheckpointWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        seen = self._system.status(DETECTOR).get("last_checkpoint_ms")
        while not self._stop.wait(1.0):
            moment = self._system.status(DETECTOR).get("last_checkpoint_ms")
            if isinstance(moment, int) and moment != seen:
                self.moments_ms.append(moment)
                seen = moment


def _send_history(kafka: KafkaSettings) -> None:
    producer = Producer(kafka.producer_config(linger_ms=20))
    for record in read_pool(FOLDER / "history.jsonl"):
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
    """Return once the detector scores; raise UnavailableError after CHAMPION_SECONDS."""
    console.print("Learning from history …")
    deadline = time.monotonic() + CHAMPION_SECONDS
    while system.status(detector).get("phase") != "scoring":
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"No champion after {CHAMPION_SECONDS:.0f} s. {system.processes[TRAINER.name].log_end()}"
            )
        time.sleep(0.5)


def _run_locust(system: LocalSystem, rate: int, duration: int, warm_up: int) -> None:
    settings = LoadSettings(load_rate=rate)
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": system.bootstrap_servers,
        "VIGIE_LOAD_RATE": str(rate),
        "VIGIE_LOAD_WARM_UP_SECONDS": str(warm_up),
        "VIGIE_LOAD_POOL": str(FOLDER / "pool.jsonl"),
        "VIGIE_LOAD_RESULTS": str(FOLDER / "readings.npz"),
    }
    users = str(settings.load_users)
    locustfile = str(Path(__file__).with_name("locustfile.py"))
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    command += ["-u", users, "-r", users, "-t", f"{duration + warm_up}s", "--stop-timeout", "90"]
    command += ["--html", str(FOLDER / "locust.html"), "--csv", str(FOLDER / "locust")]
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode != 0 or not (FOLDER / "readings.npz").exists():
        raise UnavailableError(f"Locust ended with exit code {done.returncode}: see its report above.")
