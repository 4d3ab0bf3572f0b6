import io
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from vigie_local.dashboards import answers_from_elsewhere
from vigie_local.follow import _line
from vigie_local.run import _print_sample_call
from vigie_local.sample_call import sample_call
from vigie_local.services import ALERT_WEBHOOK, CALLERS, GATEWAY, MLFLOW, SERVICES
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, answers, hold_folder
from vigie_runtime import ConfigurationError, StatusServer
from vigie_schemas import Latency, Metrics


def test_one_folder_holds_one_system(tmp_path: Path) -> None:
    with (
        hold_folder(tmp_path),
        pytest.raises(ConfigurationError, match=r"already runs from .* Stop it with Ctrl-C"),
        hold_folder(tmp_path),
    ):
        pass


def test_a_folder_can_be_held_again_after_it_was_let_go(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_folder(tmp_path):
            pass


def test_services_have_names_and_modules_of_their_own() -> None:
    assert len({service.name for service in SERVICES}) == len({service.module for service in SERVICES}) == len(SERVICES)


def test_who_calls_the_gateway_is_given_it_where_there_is_one(tmp_path: Path) -> None:
    settings = LocalSettings(data_dir=tmp_path, gateway_port=8123)
    whole, without = (LocalSystem(settings, services=chosen) for chosen in (SERVICES, (MLFLOW, ALERT_WEBHOOK)))
    for system in (whole, without):
        system.ports = {service.name: 8123 for service in SERVICES}

    for caller in CALLERS:
        assert whole.environment_of(caller)["VIGIE_GATEWAY_URL"] == whole.address(GATEWAY)
    assert "VIGIE_GATEWAY_URL" not in without.environment_of(ALERT_WEBHOOK)
    assert "VIGIE_GATEWAY_URL" not in whole.environment_of(GATEWAY)


def test_on_this_machine_the_gateway_speaks_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_TLS_CERTIFICATE_FILE", "/etc/ssl/own.pem")
    system = LocalSystem(LocalSettings(data_dir=tmp_path))
    system.ports = {"gateway": 8001}

    environment = system.environment_of(GATEWAY)

    assert environment["VIGIE_TLS_CERTIFICATE_FILE"] == environment["VIGIE_TLS_KEY_FILE"] == ""
    assert environment["VIGIE_GATEWAY_PORT"] == "8001"


def test_a_narrow_terminal_does_not_break_what_is_to_be_pasted(tmp_path: Path) -> None:
    system = LocalSystem(LocalSettings(data_dir=tmp_path))
    system.ports = {"gateway": 8001}
    printed = io.StringIO()

    _print_sample_call(system, LocalSettings(data_dir=tmp_path), Console(file=printed, width=60))

    assert sample_call("http://127.0.0.1:8001", needs_token=False) in printed.getvalue().splitlines()


def metrics(**changes: object) -> Metrics:
    content = {
        "schema_version": 1,
        "at_ms": 1_735_732_801_000,
        "transactions": 51,
        "scored": 50,
        "learning": 0,
        "alerts": 1,
        "dead_letters": {},
        "alerts_total": 4,
        "transactions_total": 5000,
        "latency": Latency(seconds=10, count=500, p50_ms=14.2, p95_ms=22.0, p99_ms=31.0, p999_ms=44.0, max_ms=51.0),
        "lag": {"0": 1, "1": 2},
        "score_quantiles": {},
        "score_points": [],
        "model_version": 3,
        "threshold_version": 3,
    }
    return Metrics.model_validate({**content, **changes})


def test_a_second_in_one_line() -> None:
    assert _line(metrics()) == "   51 tx/s  p50   14 ms  p99   31 ms  alerts    4  lag     3"


def test_a_second_without_latency() -> None:
    assert "p50    - ms" in _line(metrics(latency=None))


def test_a_proxy_of_the_environment_is_not_asked_for_what_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = StatusServer(0, lambda: {"ready": True})
    server.start()

    with closing(server):
        assert answers(f"http://127.0.0.1:{server.port}/readyz")
        assert not answers_from_elsewhere(f"http://127.0.0.1:{server.port}/readyz")
        assert not answers(f"http://127.0.0.1:{server.port}/nothing")
    assert not answers(f"http://127.0.0.1:{server.port}/readyz")
