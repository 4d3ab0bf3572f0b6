"""The whole query on one page: from a record on the transactions topic to a decision on its own."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from spark_detector.champion import Champion
from spark_detector.features import with_features
from spark_detector.forest import with_score
from spark_detector.history import with_history
from spark_detector.parse import parse
from spark_detector.reasons import with_reasons
from spark_detector.settings import DetectorSettings
from spark_detector.sink import start_writing, to_messages
from spark_detector.source import read_transactions
from spark_detector.threshold import with_decision


@dataclass(frozen=True)
class Query:
    """The detector's one query, planned but not started; it can be started again after it ended."""

    champion: Champion | None
    messages: DataFrame
    settings: DetectorSettings

    def start(self) -> StreamingQuery:
        """Start it from its checkpoint."""
        learning, judging = self.settings.learning_checkpoint_seconds, self.settings.checkpoint_seconds
        return start_writing(
            self.messages,
            self.settings,
            checkpoint=self.settings.checkpoint,
            seconds=judging if self.champion else learning,
        )


def plan_query(spark: SparkSession, settings: DetectorSettings, champion: Champion | None) -> Query:
    """Plan the query; without a champion it logs features and judges nothing."""
    messages = (
        read_transactions(spark, settings)
        .transform(parse)
        .transform(with_history)
        .transform(with_features)
        .transform(judge(champion))
        .transform(to_messages(settings))
    )
    return Query(champion, messages, settings)


def judge(champion: Champion | None) -> Callable[[DataFrame], DataFrame]:
    """Column features → columns of score, threshold and reasons, the same for stream and batch."""
    score, decision, reasons = with_score(champion), with_decision(champion), with_reasons(champion)
    return lambda transactions: transactions.transform(score).transform(decision).transform(reasons)
