"""Where transactions come from."""

import logging
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector.session import kafka_options
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.offsets import OffsetRange
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import TRANSACTIONS

CALL_TIMEOUT_SECONDS: Final = 5.0


def read_transactions(spark: SparkSession, kafka: KafkaSettings) -> DataFrame:
    """Stream of raw records with columns value, partition, offset, received_at_ms."""
    records = (
        spark.readStream.format("kafka")
        .options(**kafka_options(kafka))
        .option("subscribe", kafka.topic_name(TRANSACTIONS))
        .option("startingOffsets", "earliest")
        # Kept for the checkpoint's batches; Real-time Mode ignores it, so `recovery` skips what Kafka has deleted.
        .option("failOnDataLoss", "false")
        .load()
    )
    return records.select("value", "partition", "offset", F.unix_millis("timestamp").alias("received_at_ms"))


class SourceTopic:
    """The transactions topic as Kafka holds it; raises UnavailableError while Kafka does not answer."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._name = kafka.topic_name(TRANSACTIONS)
        self._reader = PartitionReader(kafka, [self._name], client="spark-detector")
        self._admin = AdminClient(kafka.client_config() | {"log_level": 0}, logger=logging.getLogger("librdkafka"))

    def held(self) -> dict[int, OffsetRange]:
        """First and next offset of each partition."""
        return self._reader.held(self._name)

    def topic_id(self) -> str:
        """Another one after the topic was deleted and created again: its offsets begin again."""
        try:
            described = self._admin.describe_topics(TopicCollection([self._name]))[self._name]
            return str(described.result(CALL_TIMEOUT_SECONDS).topic_id)
        except (KafkaException, FutureTimeoutError) as error:
            raise UnavailableError(f"Kafka does not describe {self._name}: {error}. Look at the brokers.") from None

    def close(self) -> None:
        """Leave Kafka."""
        self._reader.close()
