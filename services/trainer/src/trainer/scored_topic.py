"""The newest records of the scored topic, and those that come after them."""

from confluent_kafka import Message

from trainer.logged_features import FeatureCollector, LoggedFeatures
from trainer.topic_reader import ASK_SECONDS, SILENCE_SECONDS, TopicReader, newest
from vigie_runtime import KafkaSettings
from vigie_schemas import SCORED


class ScoredTopic(TopicReader):
    """One reader of the scored topic."""

    def __init__(
        self, settings: KafkaSettings, *, ask_seconds: float = ASK_SECONDS, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        super().__init__(settings, SCORED, ask_seconds=ask_seconds, silence_seconds=silence_seconds)

    def read_newest(self, rows: int) -> LoggedFeatures:
        """Read the newest `rows` records that are there now."""
        collector = FeatureCollector()
        self._read_parts(newest(self.held(), rows), collector.add)
        return collector.collected()

    def follow(self, rows: int) -> dict[int, int]:
        """Go back by the newest `rows` records, for `read_on` to begin there; returns where each partition ends now."""
        held = self.held()
        starts = {number: part.end for number, part in held.items()}
        starts |= {number: part.start for number, part in newest(held, rows).items()}
        self._reader.assign(start=lambda partition, now: max(now.start, starts.get(partition[1], now.start)))
        return {number: part.end for number, part in held.items()}

    def read_on(self, seconds: float) -> list[Message]:
        """Records that came since, for at most so many seconds; none while the broker is away."""
        return self._reader.read(seconds, until_full=True).records
