from contextlib import closing
from pathlib import Path

import pytest

from vigie_local.dashboards import answers_from_elsewhere
from vigie_local.follow import _line
from vigie_local.services import SERVICES
from vigie_local.system import answers, hold_folder
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
