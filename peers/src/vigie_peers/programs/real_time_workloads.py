"""Spark's Real-time Mode without any model: what Apache's own benchmark of it runs, as far as PySpark expresses it.

usage: python -m vigie_peers.programs.real_time_workloads stateless|deduplicate|window
"""

import sys

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from vigie_peers.programs import spark_session

INTERVAL = "60 seconds"
WORKLOADS = ("stateless", "deduplicate", "window")


def stateless(records: DataFrame) -> DataFrame:
    """From topic to topic."""
    return records.select("key", "value")


def deduplicate(records: DataFrame) -> DataFrame:
    """Each transaction once."""
    return records.withColumn("id", _field("transaction_id")).dropDuplicates(["id"]).select("key", "value")


def window(records: DataFrame) -> DataFrame:
    """Each account's transactions in ten minutes of its time; each of them updates the count and is passed on."""
    moment = F.timestamp_millis(_field("timestamp_ms").cast("long"))
    return (
        records.groupBy(F.window(moment, "10 minutes"), "key")
        .agg(F.count(F.lit(1)).alias("count"), F.max_by("value", "offset").alias("value"))
        .select("key", "value")
    )


def _field(name: str) -> Column:
    return F.get_json_object(F.col("value").cast("string"), f"$.{name}")


def main() -> None:
    """Run the named workload until the process is ended."""
    if sys.argv[1:] not in [[name] for name in WORKLOADS]:
        sys.exit(f"Name one of {', '.join(WORKLOADS)}.")
    spark = spark_session.start(sys.argv[1])
    spark.conf.set("spark.sql.streaming.stateStore.checkpointFormatVersion", "2")
    records = spark_session.transactions(spark)
    rows = {"stateless": stateless, "deduplicate": deduplicate, "window": window}[sys.argv[1]](records)
    spark_session.write(rows, mode="update", real_time=INTERVAL)


if __name__ == "__main__":
    main()
