"""Executors of a cluster have JVMs of their own: what is published reaches each of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

pytestmark = [pytest.mark.spark, pytest.mark.nightly]

TIMEOUT_SECONDS = 180
PROGRAM = """
import json
from pyspark.sql import SparkSession, functions as F
from spark_detector.running_values import RunningValues

spark = SparkSession.builder.master("local-cluster[2,1,512]").config("spark.executor.memory", "512m").getOrCreate()
values = RunningValues(spark, "test")
values.publish("one", {"number": 1})
values.publish_texts({"é = 1": "text of one", "two": "text of two"})
asked = [values.text("one"), *(values.text_named(F.lit(name)) for name in ("é = 1", "two", "three"))]
rows = spark.range(0, 64, 1, 8).select(F.reflect(F.lit("java.lang.System"), F.lit("getProperty"),
    F.lit("sun.java.command")).alias("executor"), F.to_json(F.array(*asked)).alias("found")).collect()
print(json.dumps([[row["executor"], row["found"]] for row in rows]))
spark.stop()
"""


def test_every_executor_reads_what_was_published() -> None:
    """A process of its own: there is one Spark session in a process, and the tests' is local."""
    environment = os.environ | {"SPARK_HOME": str(Path(pyspark.__file__).parent), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]

    answers = json.loads(done.stdout.splitlines()[-1])
    assert len({executor for executor, _ in answers}) == 2
    assert {found for _, found in answers} == {
        json.dumps(['{"number": 1}', "text of one", "text of two", None], separators=(",", ":"))
    }
