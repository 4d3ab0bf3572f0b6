import io
import socket

import httpx2
import pytest
from rich.console import Console

from generator import progress as progress_module
from generator.progress import Reporter, SendProgress, reported
from vigie_runtime import ConfigurationError
from vigie_testing.ports import free_port


def test_the_status_names_phase_counts_and_simulated_time():
    progress = SendProgress(target_rate=50, phase="history", sent=3, history_sent=3, simulated_ms=1_700_000_000_000)

    status = progress.status()

    assert (status["ready"], status["phase"], status["sent"], status["rate"]) == (True, "history", 3, 50)
    assert status["simulated_time"] == "2023-11-14T22:13:20+00:00"


def test_before_the_first_transaction_there_is_no_simulated_time():
    assert SendProgress(target_rate=50).status()["simulated_time"] is None


def test_the_status_is_served_while_the_block_runs_and_stopped_after():
    port, progress = free_port(), SendProgress(target_rate=50)

    with reported(progress, port):
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json()["phase"] == "live"

    assert progress.status()["phase"] == "stopped"
    assert progress.status()["ready"] is False


def test_a_port_in_use_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(ConfigurationError, match="VIGIE_STATUS_PORT"),
            reported(SendProgress(target_rate=1), taken.getsockname()[1]),
        ):
            pass


def test_on_a_terminal_one_line_shows_the_counts(monkeypatch):
    monkeypatch.setattr(progress_module, "SHOW_EVERY_SECONDS", 0)
    screen = io.StringIO()
    reporter = Reporter(SendProgress(target_rate=50, sent=1234), Console(file=screen, force_terminal=True, width=150))

    with reporter.shown():
        reporter.tick()

    assert "1,234 transactions" in screen.getvalue()


def test_elsewhere_a_log_line_comes_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress_module, "LOG_EVERY_SECONDS", 0)
    reporter = Reporter(SendProgress(target_rate=50, sent=1234), None)

    reporter.tick()

    assert "transactions sent" in capsys.readouterr().out
