"""The whole query on one page: from a record on the transactions topic to a decision on its own."""

from collections.abc import Callable

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


def start_query(spark: SparkSession, settings: DetectorSettings, champion: Champion | None) -> StreamingQuery:
    """Start the one query of the detector; without a champion it logs features and judges nothing."""
    messages = (
        read_transactions(spark, settings)
        .transform(parse)
        .transform(with_history)
        .transform(with_features)
        .transform(judge(champion))
        .transform(to_messages(settings))
    )
    seconds = settings.checkpoint_seconds if champion else settings.learning_checkpoint_seconds
    return start_writing(messages, settings, checkpoint=settings.checkpoint, seconds=seconds)


def judge(champion: Champion | None) -> Callable[[DataFrame], DataFrame]:
    """Features → score → threshold → reasons, the same for stream and batch."""
    score, decision, reasons = with_score(champion), with_decision(champion), with_reasons(champion)
    return lambda transactions: transactions.transform(score).transform(decision).transform(reasons)
