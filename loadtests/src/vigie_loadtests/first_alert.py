"""How long a stranger waits: a clean clone, `make run`, the first score and the first alert.

`python -m vigie_loadtests.first_alert` clones what is committed here, so commit first; package caches stay as they are.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings, UnavailableError, run_entry_point
from vigie_schemas import ALERTS, SCORED, Topic

BUDGET_SECONDS = {"first_scored_seconds": 60.0, "first_alert_seconds": 120.0}
TIMEOUT_SECONDS = 300.0
PORTS = ("VIGIE_KAFKA_PORT", "VIGIE_MLFLOW_PORT", "VIGIE_PAGE_PORT", "VIGIE_GATEWAY_PORT")


def measure(repository: Path) -> dict[str, float]:
    """Seconds from `make run` in a clean clone to the first score and the first alert."""
    with tempfile.TemporaryDirectory(prefix="vigie-clone-") as folder:
        clone = Path(folder, "vigie")
        subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
        ports = {name: free_port() for name in PORTS}
        environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        environment |= {name: str(port) for name, port in ports.items()}
        started = time.monotonic()
        process = subprocess.Popen(["make", "run"], cwd=clone, env=environment, start_new_session=True)
        try:
            kafka = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{ports['VIGIE_KAFKA_PORT']}")
            first_scored = _first(kafka, SCORED, lambda record: record["score"] is not None, started, process)
            first_alert = _first(kafka, ALERTS, lambda record: True, started, process)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(90)
    return {"first_scored_seconds": round(first_scored, 1), "first_alert_seconds": round(first_alert, 1)}


def _first(
    kafka: KafkaSettings,
    topic: Topic,
    is_it: Callable[[dict[str, object]], bool],
    started: float,
    process: subprocess.Popen[bytes],
) -> float:
    """Seconds until such a record is there; raise UnavailableError when it does not come."""
    _wait_for_topic(kafka, topic, started, process)
    consumer = Consumer(kafka.consumer_config(f"first-{topic.name}"))
    consumer.subscribe([topic.name])
    try:
        while time.monotonic() - started < TIMEOUT_SECONDS and process.poll() is None:
            for message in consumer.consume(2000, timeout=0.1):
                if message.error() is None and is_it(json.loads(message.value() or b"{}")):
                    return time.monotonic() - started
    finally:
        consumer.close()
    raise UnavailableError(f"Nothing on {topic.name} after {time.monotonic() - started:.0f} s.")


def _wait_for_topic(kafka: KafkaSettings, topic: Topic, started: float, process: subprocess.Popen[bytes]) -> None:
    while time.monotonic() - started < TIMEOUT_SECONDS and process.poll() is None:
        try:
            if topic.name in AdminClient({**kafka.client_config(), "log_level": 0}).list_topics(timeout=1).topics:
                return
        except KafkaException:
            pass
        time.sleep(0.5)
    raise UnavailableError(f"Kafka has no topic {topic.name} after {time.monotonic() - started:.0f} s.")


def main() -> int:
    """Print the figures; 1 when one is over its budget."""
    argparse.ArgumentParser(description="From a clean clone to the first score and the first alert.").parse_args()
    figures = measure(Path(__file__).parents[3])
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    late = [
        f"{name} is {figures[name]} s, the budget {limit:.0f} s"
        for name, limit in BUDGET_SECONDS.items()
        if figures[name] > limit
    ]
    sys.stderr.writelines(f"MISSED: {sentence}\n" for sentence in late)
    return 1 if late else 0


if __name__ == "__main__":
    run_entry_point(main)
