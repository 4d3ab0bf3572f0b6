"""`python -m trainer` serves; `python -m trainer train` trains once."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Annotated

import typer

from trainer.recalibration.registry import ThresholdPublisher
from trainer.recalibration.service import RecalibrationService
from trainer.registry import RegistryWriter
from trainer.report import table
from trainer.scored_topic import ScoredTopic
from trainer.service import TrainingService
from trainer.settings import TrainerSettings
from trainer.training import Trainer
from vigie_runtime import (
    KafkaState,
    StatusServer,
    configure_logs,
    get_logger,
    load_settings,
    run_entry_point,
    stop_event,
    wait_for_topics,
    watch_topics,
    yield_processor,
)
from vigie_schemas import LABELS, SCORED

TOPICS_READ = (SCORED, LABELS)
app = typer.Typer(add_completion=False, help="Learns the forest and its thresholds and registers both.")


@app.callback(invoke_without_command=True)
def begin(context: typer.Context) -> None:
    """Wait for rows, train the first champion, then one per interval."""
    settings = load_settings(TrainerSettings)
    configure_logs(settings, "trainer")
    yield_processor(settings.niceness)
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # its INFO lines tell what ours tell
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)  # pip is missing wherever uv installed
    if context.invoked_subcommand is None:
        serve(settings)


def serve(settings: TrainerSettings) -> None:
    """Run the service until a signal comes; the status answers while Kafka is waited for."""
    stop, kafka = stop_event(), KafkaState()
    with ExitStack() as stack:
        topic = stack.enter_context(closing(ScoredTopic(settings)))
        followed = stack.enter_context(closing(ScoredTopic(settings)))
        registry = stack.enter_context(closing(RegistryWriter(settings)))
        publisher = stack.enter_context(closing(ThresholdPublisher(settings)))
        service = TrainingService(settings, Trainer(settings), registry, topic)
        recalibration = RecalibrationService(settings, publisher, followed)
        status = StatusServer(
            settings.status_port,
            lambda: kafka.added_to(service.state.as_status() | {"recalibration": recalibration.as_status()}),
            host=settings.status_host,
        )
        status.start()
        stack.enter_context(closing(status))
        get_logger(__name__).info("trainer started", status_port=status.port)
        if wait_for_topics(settings, TOPICS_READ, stop, kafka):
            with watch_topics(settings, TOPICS_READ, kafka), _in_thread(recalibration, stop):
                service.run(stop)


@contextmanager
def _in_thread(recalibration: RecalibrationService, stop: threading.Event) -> Iterator[None]:
    """The re-calibration of thresholds in a thread of its own, so that a training never holds it up."""
    thread = threading.Thread(target=recalibration.run, args=(stop,), name="recalibration")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@app.command()
def train(
    rows: Annotated[int | None, typer.Option(min=2_000, help="Newest records to learn from.")] = None,
) -> None:
    """Train once and say what came of it."""
    typer.echo(table(Trainer(load_settings(TrainerSettings)).train(rows)))


if __name__ == "__main__":
    run_entry_point(app)
