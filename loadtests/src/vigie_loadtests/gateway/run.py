"""One load of the gateway: the whole system on free ports, history, a champion, then Locust at a constant rate."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from rich.console import Console

from vigie_loadtests.gateway.answers import OK, CallAnswers, parsed
from vigie_loadtests.gateway.budgets import broken_budgets
from vigie_loadtests.gateway.prepared import PreparedTransactions
from vigie_loadtests.gateway.recorded import RecordedCalls, read_back
from vigie_loadtests.gateway.report import (
    GatewayLoadReport,
    GatewayPlan,
    gateway_measured_from_us,
    summarise_gateway,
)
from vigie_loadtests.gateway.settings import GatewayLoadSettings, gateway_locust_command
from vigie_loadtests.gateway.text import gateway_text
from vigie_loadtests.latency.machine import look_at_machine
from vigie_loadtests.latency.pool import Record, make_pool, read_pool
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.run import LOCK, POOL_SIZE, send_history, wait_for_champion
from vigie_loadtests.latency.usage import Usage, UsageWatch
from vigie_local.services import DETECTOR, GATEWAY, GENERATOR, SERVICES
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, hold_folder
from vigie_runtime import KafkaSettings, UnavailableError

FOLDER: Final = Path("build/load-gateway")
CALLED_SERVICES: Final = tuple(service for service in SERVICES if service is not GENERATOR)
MODEL_TIMEOUT_SECONDS: Final = 60.0
OWN_ENVIRONMENT: Final = {
    "VIGIE_GATEWAY_TOKENS": "",  # the calls send none
    "VIGIE_GATEWAY_CANARY_SECONDS": "0",  # nothing but what is counted
}


@dataclass(frozen=True)
class LoadedGateway:
    """What is left of a run once the system has stopped."""

    answers: CallAnswers
    readings: Readings
    recorded: RecordedCalls
    usage: UsageWatch
    client_cores: float

    def used_between(self, from_us: int) -> dict[str, Usage]:
        """What each part used from a moment until the last call was due."""
        return self.usage.between(from_us // 1000, int(self.answers.due_us.max()) // 1000)


def run_gateway_load(plan: GatewayPlan, console: Console) -> tuple[GatewayLoadReport, list[str]]:
    """Run, write build/load-gateway/report.{json,txt}, return figures and missed budgets."""
    with hold_folder(LOCK):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        console.print("Making transactions …")
        make_pool(FOLDER / "history.jsonl", FOLDER / "pool.jsonl", pool_size=POOL_SIZE)
        console.print("Measuring Kafka alone …")
        machine = look_at_machine(Path(sys.executable), plan.rate)
        loaded = _load(plan, console)
    from_us = gateway_measured_from_us(loaded.answers, plan.warm_up)
    report = summarise_gateway(
        plan,
        machine,
        loaded.answers,
        loaded.readings,
        loaded.recorded,
        loaded.used_between(from_us),
        loaded.client_cores,
    )
    broken = broken_budgets(report)
    (FOLDER / "report.json").write_text(json.dumps(report.as_json(), indent=2) + "\n")
    (FOLDER / "report.txt").write_text(gateway_text(report, broken))
    return report, broken


def _load(plan: GatewayPlan, console: Console) -> LoadedGateway:
    settings = LocalSettings(data_dir=FOLDER / "data", kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    with ExitStack() as stack:
        system = stack.enter_context(
            LocalSystem(settings, services=CALLED_SERVICES, environment=OWN_ENVIRONMENT, report=console.print)
        )
        kafka = KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)
        history = read_pool(FOLDER / "history.jsonl")
        send_history(kafka, history)
        wait_for_champion(system, DETECTOR, console)
        wait_for_model(system.address(GATEWAY), history[-1])
        console.print(f"Locust makes {plan.rate} calls a second for {plan.warm_up} + {plan.duration} s …")
        usage = stack.enter_context(UsageWatch(system.processes))
        client_cores = run_gateway_locust(system.bootstrap_servers, system.address(GATEWAY), plan, FOLDER)
        console.print("Reading back what the topics hold of the calls …")
        answers = CallAnswers.load(FOLDER / "answers.npz")
        recorded = read_back(kafka, len(answers.answered().numbers))
    return LoadedGateway(answers, Readings.load(FOLDER / "readings.npz"), recorded, usage, client_cores)


def wait_for_model(address: str, record: Record) -> None:
    """Return once a call is judged by the model; raise UnavailableError after MODEL_TIMEOUT_SECONDS."""
    prepared, said = PreparedTransactions([record]), b""
    deadline = time.monotonic() + MODEL_TIMEOUT_SECONDS
    with httpx2.Client(base_url=address, trust_env=False, timeout=10) as client:
        while time.monotonic() < deadline:
            body = prepared.body(f"first-{time.time_ns()}")
            answer = client.post("/v1/transactions", content=body, headers={"Content-Type": "application/json"})
            said = answer.content
            if answer.status_code == OK and parsed(said).get("basis") == "model":
                return
            time.sleep(0.5)
    raise UnavailableError(
        f"The gateway's answers are not the model's after {MODEL_TIMEOUT_SECONDS:.0f} s. The last one: {said[:300]!r}"
    )


def run_gateway_locust(bootstrap_servers: str, address: str, plan: GatewayPlan, folder: Path) -> float:
    """Make the calls; return how many processors Locust and the reader of scores kept busy."""
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "VIGIE_LOAD_RATE": str(plan.topic_rate),
        "VIGIE_LOAD_CALL_RATE": str(plan.rate),
        "VIGIE_LOAD_SECONDS": str(plan.duration + plan.warm_up),
        "VIGIE_LOAD_WARM_UP_SECONDS": str(plan.warm_up),
        "VIGIE_LOAD_POOL": str(folder / "pool.jsonl"),
        "VIGIE_LOAD_RESULTS": str(folder / "readings.npz"),
        "VIGIE_LOAD_ANSWERS": str(folder / "answers.npz"),
    }
    command = gateway_locust_command(GatewayLoadSettings(load_call_rate=plan.rate, load_url=address))
    command += ["--html", str(folder / "locust.html"), "--csv", str(folder / "locust")]
    begun, before = time.monotonic(), _seconds_of_children()
    done = subprocess.run(command, env=environment, check=False)
    busy_seconds = _seconds_of_children() - before
    if done.returncode != 0 or not (folder / "answers.npz").exists():
        raise UnavailableError(f"Locust ended with exit code {done.returncode}: see its report above.")
    return busy_seconds / (time.monotonic() - begun)


def _seconds_of_children() -> float:
    """Processor time of child processes that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
