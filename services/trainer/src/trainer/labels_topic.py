"""The newest labels, and those that come after them; no forest is ever fitted to them."""

from typing import Final

from trainer.quality.known_labels import LabelCollector
from trainer.topic_reader import TopicReader, newest
from vigie_runtime import KafkaSettings, UnavailableError, get_logger
from vigie_schemas import LABELS, Label

log = get_logger(__name__)

ANSWER_TIMEOUT_SECONDS: Final = 1.0
"""For each answer: a champion without quality figures is worth more than one that comes late."""


class LabelsTopic(TopicReader):
    """One reader of the labels topic."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(settings, LABELS, ask_seconds=ANSWER_TIMEOUT_SECONDS, silence_seconds=ANSWER_TIMEOUT_SECONDS)

    def read_newest(self, records: int) -> dict[str, Label]:
        """The newest `records` labels, those that stand, by transaction; raise UnavailableError without the topic."""
        held = self.held()
        if not held:
            raise UnavailableError(
                f"The topic {self._topic} does not exist. Whoever sends labels creates it: "
                "start the generator or the live page, or look at VIGIE_TOPIC_PREFIX."
            )
        collector = LabelCollector()
        self._read_parts(newest(held, records), collector.add)
        if collector.unreadable:
            log.warning("labels unreadable", count=collector.unreadable)
        return collector.collected()
