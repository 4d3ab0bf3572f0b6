"""A Spark session for one query on this machine, with little but defaults."""

import os
import sys

from pyspark.sql import DataFrame, SparkSession

from vigie_runtime.jars import KAFKA_CONNECTOR, jars_of
from vigie_schemas import SCORED, TRANSACTIONS


def start(name: str) -> SparkSession:
    """Slots and shuffle partitions for two partitions of input; Python workers of this interpreter."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return (
        SparkSession.builder.appName(name)
        .master("local[8]")
        .config("spark.jars", ",".join(str(jar) for jar in jars_of(KAFKA_CONNECTOR)))
        .config("spark.driver.memory", "1g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        .getOrCreate()
    )


def transactions(spark: SparkSession) -> DataFrame:
    """The input topic from its beginning, as Kafka's columns."""
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        .option("subscribe", TRANSACTIONS.name)
        .option("startingOffsets", "earliest")
        .load()
    )


def write(rows: DataFrame, *, mode: str, real_time: str | None = None) -> None:
    """Columns key and value to the output topic, until the process is ended; Real-time Mode with this interval."""
    writer = (
        rows.writeStream.format("kafka")
        .option("kafka.bootstrap.servers", os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        .option("kafka.linger.ms", "0")
        .option("topic", SCORED.name)
        .option("checkpointLocation", os.environ["VIGIE_PEER_STATE"])
        .outputMode(mode)
    )
    if real_time:
        writer = writer.trigger(realTime=real_time)  # pyright: ignore[reportCallIssue]
    writer.start().awaitTermination()
