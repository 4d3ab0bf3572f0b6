"""The whole query on one page: from a record on the transactions topic to a decision on its own."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession

from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import counterparty_values, with_counterparty_labels
from spark_detector.features import with_features
from spark_detector.forest import with_score
from spark_detector.history import with_history
from spark_detector.output_range import within_output_range
from spark_detector.parse import parse
from spark_detector.reasons import with_reasons
from spark_detector.running_values import RunningValues
from spark_detector.settings import DetectorSettings
from spark_detector.sink import to_messages
from spark_detector.source import read_transactions
from spark_detector.threshold import VALUE, fixed_values, with_decision, with_values


def histories(spark: SparkSession, settings: DetectorSettings) -> DataFrame:
    """Columns of `with_history`: what a checkpoint keeps, and where scoring begins."""
    rates = settings.rates()
    return read_transactions(spark, settings).transform(parse, rates).transform(with_history, rates)


def scoring(
    histories: DataFrame, settings: DetectorSettings, champion: LoadedChampion | None, values: RunningValues
) -> DataFrame:
    """Columns topic, key, value; without a champion features are logged and nothing is judged."""
    return (
        histories.transform(within_output_range(values))
        .transform(with_features)
        .transform(with_counterparty_labels(counterparty_values(histories.sparkSession)))
        .transform(judge(champion, values.text(VALUE)))
        .transform(to_messages(settings))
    )


def judge(champion: LoadedChampion | None, text: Column | None = None) -> Callable[[DataFrame], DataFrame]:
    """Column features → columns of score, threshold and reasons, the same for stream and batch.

    `text` holds what may change while a query runs; without it the champion's own serve.
    """
    values = with_values(fixed_values(champion) if text is None else text)
    score, reasons = with_score(champion), with_reasons(champion)
    return lambda transactions: (
        transactions.transform(values).transform(score).transform(with_decision).transform(reasons)
    )
