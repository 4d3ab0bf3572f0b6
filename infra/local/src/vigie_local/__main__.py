"""`python -m vigie_local`: run the whole system, only the broker, or forget all data."""

import shutil

import typer
from rich.console import Console

from vigie_local.broker import EmbeddedKafka
from vigie_local.run import fetch_jars
from vigie_local.run import run as run_system
from vigie_local.settings import LocalSettings
from vigie_local.system import hold_folder
from vigie_runtime import load_settings, run_entry_point, stop_event

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Vigie on one machine, without containers.")


@app.command()
def run() -> None:
    """Start everything and follow it until Ctrl-C."""
    run_system(load_settings(LocalSettings), stop_event(), Console())


@app.command()
def broker() -> None:
    """Start only the embedded Kafka broker until Ctrl-C."""
    settings = load_settings(LocalSettings).with_claimed_ports()
    kafka = EmbeddedKafka(settings.data_dir / "kafka", port=settings.kafka_port)
    stop = stop_event()
    with hold_folder(settings.data_dir):
        kafka.start()
        try:
            kafka.wait_ready()
            Console().print(f"Kafka listens at {kafka.bootstrap_servers}; Ctrl-C stops it.")
            stop.wait()
        finally:
            kafka.stop()


@app.command()
def fetch() -> None:
    """Download and check the jars, so that the first run needs no network."""
    fetch_jars(Console())


@app.command()
def clean() -> None:
    """Forget all data of the local system: topics, models, state."""
    settings = load_settings(LocalSettings)
    with hold_folder(settings.data_dir):
        shutil.rmtree(settings.data_dir, ignore_errors=True)


if __name__ == "__main__":
    run_entry_point(app)
