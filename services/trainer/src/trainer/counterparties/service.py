"""A part of the trainer's service: follows the labels and publishes what they say of counterparties."""

import threading
import time
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from trainer.counterparties.known import KnownCounterparties
from trainer.counterparties.topic import CounterpartyTopic
from trainer.labels_topic import LabelsTopic
from trainer.retries import Retries
from trainer.settings import TrainerSettings
from vigie_runtime import VigieError, get_logger
from vigie_schemas import Label

log = get_logger(__name__)

READ_SECONDS: Final = 0.5
REPLAYED_LABELS: Final = 200_000
"""Newest labels read again after a start; what older ones said is on the counterparties' topic already."""
PUBLISHED_AT_ONCE: Final = 10_000
"""Far fewer than the client's queue takes."""
MAX_PAUSE_SECONDS: Final = 30.0


class CounterpartyService:
    """Keeps the counterparties' topic up to the labels. Nothing that Kafka or a label does ends it."""

    def __init__(
        self,
        settings: TrainerSettings,
        labels: LabelsTopic,
        topic: CounterpartyTopic,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._labels = labels
        self._topic = topic
        self._timer = timer
        self._known = KnownCounterparties()
        self._changed: dict[str, None] = {}
        self._follows = False
        self._published_at = float("-inf")
        self._published = 0
        self._retries = Retries(MAX_PAUSE_SECONDS)

    def run(self, stop: threading.Event) -> None:
        """Work until stopped; return at once where no label may teach."""
        pause = 0.0
        while self._settings.learn_from and not stop.wait(pause):
            pause = self.step()

    def as_status(self) -> dict[str, object]:
        """What /status says of counterparties."""
        return {
            "on": bool(self._settings.learn_from),
            "waiting": len(self._changed),
            "published": self._published,
            "last_error": self._retries.last_error,
        }

    def step(self) -> float:
        """Read on and publish what is due; return the seconds to wait before the next step."""
        try:
            if not self._follows:
                self._labels.follow(REPLAYED_LABELS)
                self._follows, self._published_at = True, self._timer()
            for message in self._labels.read_on(READ_SECONDS):
                self._take(message.value())
            if self._changed and self._timer() - self._published_at >= self._settings.counterparty_seconds:
                self._publish()
        except VigieError as error:
            return self._failed(str(error))
        except Exception as error:  # a fault of ours or a library's: logged in full, then started over
            log.exception("counterparties failed unexpectedly")
            self._follows = False
            return self._failed(f"{type(error).__name__}: {error}")
        self._retries.succeeded()
        return 0.0

    def _take(self, payload: bytes | None) -> None:
        try:
            label = Label.model_validate_json(payload or b"")
        except ValidationError:
            return  # counted where trainings read the labels
        if label.source in self._settings.learn_from and (name := self._known.take(label)) is not None:
            self._changed[name] = None

    def _publish(self) -> None:
        names = list(self._changed)[:PUBLISHED_AT_ONCE]
        self._topic.publish({name: self._known.of(name) for name in names})
        for name in names:
            del self._changed[name]
        self._published += len(names)
        if not self._changed:
            self._published_at = self._timer()
        log.info("counterparties published", counterparties=len(names))

    def _failed(self, sentence: str) -> float:
        pause = self._retries.failed(sentence)
        log.warning("counterparties postponed", reason=sentence, next_try_seconds=pause)
        return pause
