"""The command line, in processes of its own: it must end cleanly where nothing answers."""

import os
import signal
import subprocess
import sys

import httpx2
import pytest

from trainer import TrainerSettings
from vigie_runtime import ConfigurationError, load_settings
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until


def environment(**variables: str) -> dict[str, str]:
    unused = free_port()
    return {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{unused}",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{unused}",
        **variables,
    }


@pytest.mark.integration
def test_training_on_demand_without_kafka_ends_with_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "trainer", "train"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_the_service_waits_for_missing_servers_says_so_and_ends_on_a_signal() -> None:
    port = free_port()
    service = subprocess.Popen(
        [sys.executable, "-m", "trainer"], env=environment(VIGIE_STATUS_PORT=str(port)), stderr=subprocess.PIPE
    )
    try:
        wait_until(
            lambda: "Kafka does not answer" in status(port) or service.poll() is not None,
            what="the status to say what it waits for",
            timeout_seconds=60,
            seen=lambda: status(port),
        )
        assert service.poll() is None, "the service ended"
        service.send_signal(signal.SIGTERM)
        _, logs = service.communicate(timeout=30)
    finally:
        service.kill()
        service.wait()
    assert service.returncode == 0
    assert b"waiting for kafka" in logs
    assert b"Traceback" not in logs


def status(port: int) -> str:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/status", trust_env=False).text
    except httpx2.HTTPError:
        return ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("VIGIE_ALERT_BUDGET", "0"), ("VIGIE_TRAIN_MINIMUM_ROWS", "10"), ("VIGIE_FOREST_SAMPLES", "1")],
)
def test_a_wrong_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=name):
        load_settings(TrainerSettings)
