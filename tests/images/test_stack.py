"""The whole of compose from our images: a payment becomes a score and an alert, and restarts lose nothing."""

import base64
import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest
from confluent_kafka import Consumer
from standardwebhooks import Webhook

from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, SCORED
from vigie_testing.browser import open_browser
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.images, pytest.mark.timeout(3600)]

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
MEASURED = REPOSITORY / "build" / "images.json"
START_SECONDS = 900  # two slow cores start everything at once
SETTLE_SECONDS = 300
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"known to this test and to nothing else").decode()
OURS = ("alert-webhook", "gateway", "generator", "metrics-sink", "mlflow-server", "spark-detector", "trainer")
PORTS = ("VIGIE_KAFKA_PORT", "VIGIE_MLFLOW_PORT", "VIGIE_PAGE_PORT", "VIGIE_GATEWAY_PORT", "VIGIE_INFLUXDB_PORT")
# What compose.yaml reads; here its defaults are meant
OF_COMPOSE = ("VIGIE_", "SPARK_", "INFLUXDB_", "MLFLOW_", "SLACK_")
# Pixels of a chart in a colour of the style sheet, which nothing but its data has
DRAWN = """(canvas, name) => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const wanted = [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const distance = wanted.reduce((sum, part, i) => sum + Math.abs(data[at + i] - part), 0);
    if (distance < 9 && data[at + 3] > 60) count += 1;
  }
  return count;
}"""

Found = TypeVar("Found")


@dataclass
class Stack:
    """The running compose project."""

    compose: list[str]
    environment: dict[str, str]
    kafka: KafkaSettings
    used: dict[str, float] = field(default_factory=dict)

    def run(self, *arguments: str, seconds: float = 300) -> str:
        done = subprocess.run(
            [*self.compose, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def containers(self) -> dict[str, dict[str, str]]:
        """State, health and exit code by service, also of those that ended."""
        lines = self.run("ps", "--all", "--format", "json").splitlines()
        return {entry["Service"]: entry for entry in map(json.loads, lines)}

    def health(self) -> dict[str, str]:
        return {name: entry["Health"] or entry["State"] for name, entry in self.containers().items()}

    def all_healthy(self) -> bool:
        return all(health == "healthy" for health in self.health().values())

    def read(self, topic: str, *, from_start: bool, seconds: float, enough: int = 1) -> list[dict[str, object]]:
        """Records of a topic, until there are enough."""
        consumer = Consumer(self.kafka.consumer_config(f"images-{uuid.uuid4()}", from_start=from_start))
        consumer.subscribe([topic])
        found: list[dict[str, object]] = []
        deadline = time.monotonic() + seconds
        try:
            while len(found) < enough and time.monotonic() < deadline:
                messages = consumer.consume(1000, timeout=1)
                found += [json.loads(message.value() or b"{}") for message in messages if message.error() is None]
        finally:
            consumer.close()
        return found

    def peak_resident(self, service: str) -> float:
        """Megabytes its processes have held at most since they started, each at its own worst moment."""
        look = "cat /proc/[0-9]*/status | grep VmHWM"
        return sum(
            int(line.split()[1]) * 1024 / 1e6 for line in self.run("exec", "-T", service, "sh", "-c", look).splitlines()
        )

    def received(self) -> list[dict[str, object]]:
        """What the webhook receiver got."""
        ask = (
            "import http.client as h; c = h.HTTPConnection('127.0.0.1', 9000); c.request('GET', '/'); "
            "print(c.getresponse().read().decode())"
        )
        return json.loads(self.run("exec", "-T", "receiver", "python", "-c", ask))


@pytest.fixture(scope="module")
def stack(engine, stand_ins: set[str]) -> Iterator[Stack]:
    files = [REPOSITORY / "infra" / "compose" / "compose.yaml", HERE / "compose.test.yaml"]
    if "influxdb" not in stand_ins:
        files.append(HERE / "compose.no-influxdb.yaml")
    ports = {name: str(free_port()) for name in PORTS}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_COMPOSE)}
    environment |= ports | {
        "VIGIE_VERSION": "test",
        "VIGIE_TEST_RECEIVER": str(HERE / "receiver.py"),
        "VIGIE_TEST_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "VIGIE_HISTORY_DAYS": "12",
        "VIGIE_TRAIN_MINIMUM_ROWS": "11000",
        "VIGIE_CHECKPOINT_SECONDS": "30",
        "VIGIE_RATE": "10",
    }
    compose = [*engine.compose, "-p", "vigie-test", *(part for file in files for part in ("-f", str(file)))]
    kafka = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{ports['VIGIE_KAFKA_PORT']}")
    stack = Stack(compose, environment, kafka)
    stack.run("down", "--volumes", "--timeout", "1")
    try:
        stack.run("up", "--detach", "--no-build", "--pull", "never", seconds=START_SECONDS)
        wait_until(
            stack.all_healthy,
            timeout_seconds=START_SECONDS,
            interval_seconds=1,
            what="all containers to become healthy",
            seen=stack.health,
        )
        yield stack
    finally:
        print(stack.run("logs", "--tail", "40", *OURS))  # noqa: T201 - shown by pytest when something failed
        stack.run("down", "--volumes", "--timeout", "5")


def scores(stack: Stack) -> list[dict[str, object]]:
    """Records scored from now on by a model."""
    return [record for record in stack.read(SCORED.name, from_start=False, seconds=10) if record["score"] is not None]


def test_a_payment_becomes_a_score_and_an_alert_at_a_receiver(stack: Stack) -> None:
    wait_until(
        lambda: scores(stack), timeout_seconds=SETTLE_SECONDS, interval_seconds=1, what="the first model's scores"
    )
    alerts = stack.read(ALERTS.name, from_start=True, seconds=SETTLE_SECONDS)
    received = wait_until(
        stack.received, timeout_seconds=SETTLE_SECONDS, interval_seconds=1, what="an alert at the webhook receiver"
    )

    assert alerts
    known = {alert["alert_id"] for alert in stack.read(ALERTS.name, from_start=True, seconds=10, enough=100_000)}
    for message in received:
        verified = Webhook(WEBHOOK_SECRET).verify(str(message["body"]), message["headers"])  # pyright: ignore[reportArgumentType]
        assert json.dumps(verified).count("alert_id")
        assert any(str(name) in str(message["body"]) for name in known)


def test_the_page_asks_for_a_log_in(stack: Stack) -> None:
    page = f"http://127.0.0.1:{stack.environment['VIGIE_PAGE_PORT']}"

    alive, refused = (httpx2.get(f"{page}{path}", trust_env=False) for path in ("/healthz", "/api/metrics"))

    assert alive.status_code == 200
    assert refused.status_code in (401, 403)


def test_the_page_draws_its_charts(stack: Stack) -> None:
    """In a browser, from the image alone: whatever the page shows has to be in the image."""
    with open_browser() as browser:
        page = browser.new_page()
        failed: list[str] = []
        page.on("response", lambda response: failed.append(response.url) if response.status == 404 else None)
        page.goto(f"http://127.0.0.1:{stack.environment['VIGIE_PAGE_PORT']}")
        page.get_by_label("Name").fill("analyst")
        page.get_by_label("Password").fill("vigie")
        page.get_by_role("button", name="Log in").click()
        page.locator("#score-chart canvas").wait_for()

        for chart, colour in (("score-chart", "ink-soft"), ("latency-chart", "accent")):
            canvas = page.locator(f"#{chart} canvas")
            wait_until(
                lambda c=canvas, of=colour: c.evaluate(DRAWN, of) > 50,
                timeout_seconds=120,
                interval_seconds=1,
                what=f"lines in {chart}",
            )

    assert failed == []


@pytest.mark.parametrize("service", OURS)
def test_containers_can_do_little(engine, stack: Stack, service: str) -> None:
    container = engine.inspect(stack.run("ps", "-q", service).strip())
    host = container["HostConfig"]
    write = "touch /app/x 2>/dev/null && echo wrote; id -u; grep CapEff /proc/1/status"

    said = stack.run("exec", "-T", service, "sh", "-c", write).split()

    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert said == ["10001", "CapEff:", "0000000000000000"]
    assert host["Memory"] > 0


def test_the_detector_maps_its_classes(stack: Stack) -> None:
    """The archive that the image's build made fits the JVM and the jars of the image."""
    look = "grep -l spark-classes.jsa /proc/[0-9]*/maps | wc -l"

    assert int(stack.run("exec", "-T", "spark-detector", "sh", "-c", look)) == 1


def test_memory_stays_below_its_limits(engine, stack: Stack) -> None:
    limits: dict[str, float] = {}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for service, entry in stack.containers().items():
            stack.used[service] = max(engine.memory(entry["ID"]), stack.used.get(service, 0))
            limits[service] = engine.inspect(entry["ID"])["HostConfig"]["Memory"] / 1e6
    sizes = {name: engine.inspect(f"vigie/{name}:test")["Size"] / 1e6 for name in OURS}
    MEASURED.parent.mkdir(exist_ok=True)
    measured = {
        service: {
            "image_mb": round(sizes.get(service, 0)),
            "used_mb": round(used),
            "peak_mb": round(stack.peak_resident(service)),
            "limit_mb": round(limits[service]),
        }
        for service, used in sorted(stack.used.items())
    }
    MEASURED.write_text(json.dumps(measured, indent=2) + "\n")

    tight = {service for service in OURS if measured[service]["peak_mb"] > 0.85 * limits[service]}
    assert not tight


@pytest.mark.parametrize("service", ["kafka", "postgres", *OURS])
def test_a_restart_is_survived(stack: Stack, service: str) -> None:
    stack.run("restart", service)

    wait_until(
        stack.all_healthy,
        timeout_seconds=SETTLE_SECONDS,
        interval_seconds=1,
        what=f"all to be healthy after a restart of {service}",
        seen=stack.health,
    )
    wait_until(
        lambda: scores(stack),
        timeout_seconds=SETTLE_SECONDS,
        interval_seconds=1,
        what=f"scores after a restart of {service}",
    )


def test_everything_stops_by_itself_within_its_grace_time(stack: Stack) -> None:
    stack.run("stop")

    codes = {service: int(entry["ExitCode"]) for service, entry in stack.containers().items() if service in OURS}
    # 143: ended by SIGTERM itself; 137 would be Docker's patience
    assert {service: code for service, code in codes.items() if code not in (0, 143)} == {}
