#!/usr/bin/env bash
# Spark 4.3.0 (pyspark, PyPI): a pandas UDF on the rows of applyInPandasWithState ends the query with a ClassCastException.
#
# One would guess: the DataFrame that applyInPandasWithState returns is one like any other, so its columns can be given to
# a pandas UDF, for example to score with a model what the state made of each record.
# What happens: GenericInternalRow cannot be cast to UnsafeRow. Pandas UDFs take rows of one representation only, and the
# operator gives another. A computed column in place of the operator's own changes nothing, nor does a repartition between
# them; mapInPandas takes the rows as they are.
#
# Needs Python 3.11 or newer with venv, Java 17 or newer, and PyPI (pyspark is 450 MB). Exits 1 when this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0 pandas==2.3.3 pyarrow==22.0.0
cd "$folder"
PYSPARK_PYTHON="$folder/venv/bin/python" "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { tail -5 "$folder/log"; exit 1; }
import sys

import pandas as pd
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.state import GroupStateTimeout

spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "1")


def counted(key, batches, state):
    total = (state.get[0] if state.exists else 0) + sum(len(batch) for batch in batches)
    state.update((total,))
    yield pd.DataFrame({"total": [total]})


def double(values: pd.Series) -> pd.Series:
    return values * 2


def doubled(batches):
    for batch in batches:
        yield pd.DataFrame({"twice": batch["total"] * 2})


def outcome(name, applied):
    """What becomes of a query over a few rows."""
    rows = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 3).load().withColumn("key", F.col("value") % 2)
    totals = rows.groupBy("key").applyInPandasWithState(
        counted, "total long", "total long", "append", GroupStateTimeout.NoTimeout
    )
    query = applied(totals).writeStream.format("memory").queryName(name).outputMode("append").start()
    try:
        while not query.awaitTermination(1):
            if spark.table(name).count() >= 4:
                query.stop()
                return "works"
    except StreamingQueryException as error:
        return "ClassCastException" if "cannot be cast" in str(error) else str(error)[:300]
    return "ended"


udf = F.pandas_udf(double, "long")
found = {
    "pandas_udf": outcome("udf", lambda totals: totals.select(udf("total").alias("twice"))),
    "pandas_udf of a computed column": outcome("computed", lambda t: t.select(udf(F.col("total") + 1).alias("twice"))),
    "pandas_udf after repartition": outcome("apart", lambda t: t.repartition(2).select(udf("total").alias("twice"))),
    "mapInPandas": outcome("mapped", lambda totals: totals.mapInPandas(doubled, "twice long")),
}
for name, what in found.items():
    print(f"Spark {spark.version}, {name}: {what}")
as_described = list(found.values()) == ["ClassCastException", "ClassCastException", "ClassCastException", "works"]
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
spark.stop()
sys.exit(not as_described)
PYTHON
