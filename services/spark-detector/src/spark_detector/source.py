"""Where transactions come from."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector.session import kafka_options
from vigie_runtime import KafkaSettings
from vigie_schemas import TRANSACTIONS


def read_transactions(spark: SparkSession, kafka: KafkaSettings) -> DataFrame:
    """Stream of raw records with columns value, partition, offset, received_at_ms."""
    records = (
        spark.readStream.format("kafka")
        .options(**kafka_options(kafka))
        .option("subscribe", kafka.topic_name(TRANSACTIONS))
        .option("startingOffsets", "earliest")
        # Retention may have removed what was never read: going on is better than never starting again.
        .option("failOnDataLoss", "false")
        .load()
    )
    return records.select("value", "partition", "offset", F.unix_millis("timestamp").alias("received_at_ms"))
