"""`make run`: what starts, where to look, then one line a second."""

import threading
import time

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table

from vigie_local.dashboards import dashboards
from vigie_local.follow import MetricsFollower
from vigie_local.sample_call import sample_call
from vigie_local.services import ALERT_WEBHOOK, DETECTOR, GATEWAY, GENERATOR, MLFLOW, SERVICES, TRAINER
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem
from vigie_runtime import VigieError
from vigie_runtime.jars import KAFKA_BROKER, KAFKA_CONNECTOR, is_cached, jars_of
from vigie_runtime.java import java_executable

PURPOSES = {"kafka": "the stream's topics", **{service.name: service.purpose for service in SERVICES}}


def run(settings: LocalSettings, stop: threading.Event, console: Console) -> None:
    """Start the system, follow it until `stop` is set, stop it; raise VigieError when a part cannot start."""
    java_executable()  # before anything starts: its absence is the first thing a newcomer must hear
    fetch_jars(console)
    progress = StartProgress(console)
    system = LocalSystem(settings, report=progress)
    with progress:
        system.__enter__()
    try:
        console.print(_addresses(system, settings))
        _print_sample_call(system, settings, console)
        _follow(system, stop, console)
    finally:
        console.print("Stopping in reverse order …")
        system.__exit__(None, None, None)
        console.print("Everything is stopped. `make run` continues from here, `make clean` deletes all local data.")


def fetch_jars(console: Console) -> None:
    """Download the jars that are not cached yet: the broker's, and the Kafka connector of Spark."""
    for bundle in (KAFKA_BROKER, KAFKA_CONNECTOR):
        if not is_cached(bundle):
            console.print(f"Fetching {bundle.name} {bundle.version} once (about 40 MB) …")
        jars_of(bundle)


class StartProgress:
    """A table of parts with their state; plain lines where the output is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: dict[str, str] = {}
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self._table, transient=False)

    def __enter__(self) -> None:
        if self._console.is_terminal:
            self._live.start()

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, name: str, event: str) -> None:
        """Report of the system: a part changed its state."""
        seconds = time.monotonic() - self._began
        self._states[name] = f"ready after {seconds:.0f} s" if event == "ready" else event
        if not self._console.is_terminal:
            self._console.print(f"{seconds:5.1f} s  {name:15} {event}")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, purpose in PURPOSES.items():
            state = self._states.get(name, "waiting")
            mark = Spinner("dots") if state == "starting" else ("✓" if state.startswith("ready") else "·")
            table.add_row(mark, name, f"[dim]{purpose}[/dim]", state)
        return table


def _addresses(system: LocalSystem, settings: LocalSettings) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_row("Live page", f"[bold]{system.address(ALERT_WEBHOOK)}[/bold]")
    table.add_row("Gateway", system.address(GATEWAY))
    table.add_row("MLflow", system.address(MLFLOW))
    for name, where in dashboards(settings).items():
        table.add_row(name, where)
    table.add_row("Kafka", system.bootstrap_servers)
    table.add_row("Logs", str(system.directory / "logs"))
    return Panel(table, title="Vigie is running", subtitle="Ctrl-C stops it", expand=False)


def _print_sample_call(system: LocalSystem, settings: LocalSettings, console: Console) -> None:
    """Outside of the panel and not wrapped: what is copied from the terminal must be one line."""
    line = sample_call(system.address(GATEWAY), needs_token=settings.gateway_tokens is not None)
    console.print("Ask the gateway about a payment:")
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def _follow(system: LocalSystem, stop: threading.Event, console: Console) -> None:
    with MetricsFollower(system.bootstrap_servers) as metrics:
        while not stop.wait(1.0):
            line = f"{metrics.line()}   {_phase(system)}"
            console.print(line, end="\r" if console.is_terminal else "\n", overflow="ellipsis", no_wrap=True)
            ended = system.ended()
            if ended:
                name = ended[0]
                raise VigieError(f"\n{name} ended by itself.\n{system.processes[name].log_end()}")
    if console.is_terminal:
        console.print()


def _phase(system: LocalSystem) -> str:
    """What a newcomer waits for, until scores flow."""
    detector = system.status(DETECTOR)
    if detector.get("phase") == "scoring":
        return f"model {detector.get('model_version')}"
    if system.status(TRAINER).get("phase") == "training":
        return "training the first model …"
    if system.status(GENERATOR).get("phase") == "history":
        return "sending history so that accounts have habits …"
    return f"detector is {detector.get('phase', 'starting')} …"
