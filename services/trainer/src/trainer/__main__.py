"""`python -m trainer` serves; `python -m trainer train` trains once."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Annotated

import typer

from trainer.counterparties.service import CounterpartyService
from trainer.counterparties.topic import CounterpartyTopic
from trainer.labels_topic import LabelsTopic
from trainer.recalibration.registry import ThresholdPublisher
from trainer.recalibration.service import RecalibrationService
from trainer.registry import RegistryWriter
from trainer.report import table
from trainer.scored_topic import ScoredTopic
from trainer.service import TrainingService
from trainer.settings import TrainerSettings
from trainer.shadow.decisions import Decisions
from trainer.shadow.models import WatchedModels
from trainer.shadow.registry import ShadowRegistry
from trainer.shadow.service import ShadowService
from trainer.shadow.topics import ApprovalsTopic, ShadowTopics
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
from vigie_schemas import APPROVALS, CHALLENGER_SCORES, COUNTERPARTIES, LABELS, SCORED, SHADOW_REPORTS

TOPICS = (SCORED, LABELS, COUNTERPARTIES, CHALLENGER_SCORES, SHADOW_REPORTS, APPROVALS)
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
        labels = stack.enter_context(closing(LabelsTopic(settings)))
        counterparty_topic = stack.enter_context(closing(CounterpartyTopic(settings)))
        registry = stack.enter_context(closing(RegistryWriter(settings)))
        publisher = stack.enter_context(closing(ThresholdPublisher(settings)))
        service = TrainingService(settings, Trainer(settings), registry, topic)
        recalibration = RecalibrationService(settings, publisher, followed)
        counterparties = CounterpartyService(settings, labels, counterparty_topic)
        shadow = _shadow(settings, stack)
        status = StatusServer(
            settings.status_port,
            lambda: kafka.added_to(
                service.state.as_status()
                | {
                    "recalibration": recalibration.as_status(),
                    "counterparties": counterparties.as_status(),
                    "shadow": shadow.as_status(),
                }
            ),
            host=settings.status_host,
        )
        status.start()
        stack.enter_context(closing(status))
        get_logger(__name__).info("trainer started", status_port=status.port)
        if wait_for_topics(settings, TOPICS, stop, kafka):
            beside = {"recalibration": recalibration.run, "counterparties": counterparties.run, "shadow": shadow.run}
            with watch_topics(settings, TOPICS, kafka), _in_threads(beside, stop):
                service.run(stop)


def _shadow(settings: TrainerSettings, stack: ExitStack) -> ShadowService:
    """With readers and clients of its own: each belongs to one thread."""
    registry = stack.enter_context(closing(ShadowRegistry(settings)))
    return ShadowService(
        settings,
        WatchedModels(registry, guard_seconds=settings.guard_seconds),
        Decisions(settings, registry),
        stack.enter_context(closing(ScoredTopic(settings))),
        stack.enter_context(closing(LabelsTopic(settings))),
        stack.enter_context(closing(ShadowTopics(settings))),
        stack.enter_context(closing(ApprovalsTopic(settings))),
    )


@contextmanager
def _in_threads(beside: Mapping[str, Callable[[threading.Event], None]], stop: threading.Event) -> Iterator[None]:
    """What runs beside trainings, each in a thread of its own, so that no training holds it up."""
    threads = [threading.Thread(target=run, args=(stop,), name=name) for name, run in beside.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@app.command()
def train(
    rows: Annotated[int | None, typer.Option(min=2_000, help="Newest records to learn from.")] = None,
) -> None:
    """Train once and say what came of it."""
    typer.echo(table(Trainer(load_settings(TrainerSettings)).train(rows)))


if __name__ == "__main__":
    run_entry_point(app)
