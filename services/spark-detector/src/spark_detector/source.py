"""Where transactions come from."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector.session import kafka_options
from vigie_runtime import KafkaSettings
from vigie_runtime.offsets import OffsetRange
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import TRANSACTIONS


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

    def held(self) -> dict[int, OffsetRange]:
        """First and next offset of each partition."""
        return self._reader.held(self._name)

    def topic_id(self) -> str:
        """Another one after the topic was deleted and created again: its offsets begin again."""
        return self._reader.topic_id(self._name)

    def close(self) -> None:
        """Leave Kafka."""
        self._reader.close()
