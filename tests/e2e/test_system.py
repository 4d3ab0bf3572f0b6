"""The whole system as a person starts it: `make run`, planted anomalies on the topic and on the page, Ctrl-C, again."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import psutil
import pytest
from confluent_kafka import Consumer, Producer

from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, SCORED, TRANSACTIONS, Alert
from vigie_testing.browser import open_browser
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 180.0
STOP_SECONDS = 60.0
PORTS = ("VIGIE_KAFKA_PORT", "VIGIE_MLFLOW_PORT", "VIGIE_PAGE_PORT", "VIGIE_GATEWAY_PORT")

Payment = Callable[..., dict[str, object]]
Planted = Callable[[str], tuple[list[dict[str, object]], str]]


@dataclass
class Running:
    """A system started by `make run`."""

    kafka: KafkaSettings
    page: str
    process: psutil.Process

    def scored(self, transaction_ids: set[str], *, seconds: float) -> dict[str, dict[str, object]]:
        """Scored records with a score, by transaction."""
        return self._read(SCORED.name, lambda record: record["transaction_id"], transaction_ids, seconds)

    def alerts(self, transaction_ids: set[str], *, seconds: float) -> dict[str, dict[str, object]]:
        """Alerts by transaction."""
        return self._read(ALERTS.name, lambda record: record["transaction"]["transaction_id"], transaction_ids, seconds)

    def send(self, transactions: list[dict[str, object]]) -> None:
        producer = Producer(self.kafka.producer_config())
        for record in transactions:
            stamped = {**record, "sent_at_us": time.time_ns() // 1000}
            producer.produce(TRANSACTIONS.name, key=str(record["account_id"]), value=json.dumps(stamped))
        assert producer.flush(30) == 0

    def _read(
        self, topic: str, name: Callable[[dict], str], wanted: set[str], seconds: float
    ) -> dict[str, dict[str, object]]:
        consumer = Consumer(self.kafka.consumer_config(f"e2e-{uuid.uuid4()}"))
        consumer.subscribe([topic])
        found: dict[str, dict[str, object]] = {}
        deadline = time.monotonic() + seconds
        try:
            while set(found) < wanted and time.monotonic() < deadline:
                for message in consumer.consume(1000, timeout=0.5):
                    record = json.loads(message.value() or b"{}")
                    if message.error() is None and name(record) in wanted and record.get("score") is not None:
                        found[name(record)] = record
        finally:
            consumer.close()
        assert set(found) == wanted
        return found


@contextmanager
def make_run(folder: Path) -> Iterator[Running]:
    """`make run` in a terminal's process group on free ports; leaving it presses Ctrl-C and looks for what stays."""
    ports = {name: free_port() for name in PORTS}
    environment = os.environ | {name: str(port) for name, port in ports.items()}
    environment |= {"VIGIE_DATA_DIR": str(folder), "VIGIE_RATE": "20", "COLUMNS": "160"}
    with (folder.parent / f"run-{time.time_ns()}.log").open("w+") as log:
        make = subprocess.Popen(
            ["make", "run"], cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        family = psutil.Process(make.pid)
        kafka = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{ports['VIGIE_KAFKA_PORT']}")
        try:
            yield Running(kafka, f"http://127.0.0.1:{ports['VIGIE_PAGE_PORT']}", family)
        finally:
            members = [family, *family.children(recursive=True)]
            os.killpg(make.pid, signal.SIGINT)
            _gone, alive = psutil.wait_procs(members, timeout=STOP_SECONDS)
            for process in alive:
                process.kill()
            make.wait(10)
            log.seek(0)
            output = log.read()
            print(output[-6000:])  # noqa: T201 - shown by pytest when the test fails
        assert not alive, f"still there after Ctrl-C: {[process.name() for process in alive]}"
        assert output.index("alert-webhook   stopped") < output.index("kafka           stopped")


# Whatever three reasons the forest puts first, each must speak of what was planted.
PLANTED_FACTS = ("4,900.00 EUR", "payment in JP", " km from ", "payment to this merchant", "at 03:00 UTC")


def is_scoring(page: str) -> bool | None:
    """True once the live page's newest metrics name a model."""
    try:
        metrics = httpx2.get(f"{page}/api/metrics", timeout=2, trust_env=False).raise_for_status().json()
    except (httpx2.HTTPError, ValueError):
        return None
    return True if metrics and metrics.get("model_version") else None


def test_from_start_to_alert_and_back(tmp_path: Path, payment: Payment, planted: Planted) -> None:
    folder = tmp_path / "data"
    transactions, anomaly = planted("acct-planted-1")
    names = {str(record["transaction_id"]) for record in transactions}

    with make_run(folder) as system:
        wait_until(
            lambda: is_scoring(system.page),
            timeout_seconds=START_SECONDS,
            interval_seconds=0.2,
            what="the first scores on the live page",
        )
        system.send(transactions)
        scored = system.scored(names, seconds=60)
        alert = Alert.model_validate(system.alerts({anomaly}, seconds=30)[anomaly])
        shown = alert_on_page(system.page, alert.alert_id)

    assert [name for name, record in scored.items() if record["is_anomaly"]] == [anomaly]
    assert alert.score >= alert.threshold
    assert all(any(fact in reason.text for fact in PLANTED_FACTS) for reason in alert.reasons), alert.reasons
    assert len({reason.text for reason in alert.reasons}) == 3
    assert "4,900" in shown
    assert all(reason.text in shown for reason in alert.reasons)

    later, second_anomaly = planted("acct-planted-2")
    with make_run(folder) as system:
        wait_until(
            lambda: is_scoring(system.page),
            timeout_seconds=START_SECONDS,
            interval_seconds=0.2,
            what="scores after the second start",
        )
        system.send([payment("acct-planted-1", 40), *later])
        scored = system.scored({"acct-planted-1-40", second_anomaly}, seconds=60)

    assert scored["acct-planted-1-40"]["history_count"] == len(transactions), "the second run forgot the account"
    assert scored[second_anomaly]["is_anomaly"]
    assert scored[second_anomaly]["model_version"] == alert.model_version


def alert_on_page(address: str, alert_id: str) -> str:
    """The alert in full, as a browser shows it."""
    with open_browser() as browser:
        page = browser.new_page(locale="en-GB", timezone_id="UTC")
        page.goto(f"{address}/?alert={quote(alert_id)}")
        page.locator("#detail-body").wait_for(timeout=30_000)
        return page.locator("#detail").inner_text()
