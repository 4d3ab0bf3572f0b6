"""The newest records of the scored topic, and those that come after them."""

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
