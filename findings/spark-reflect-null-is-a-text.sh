#!/usr/bin/env bash
# Spark 4.3.0 (pyspark, PyPI): reflect() turns a method's null into the text "null"; try_reflect() too.
#
# One would guess: where the method that is called returns null, as System.getProperty does for a property that is not
# set, the SQL value is NULL, so that coalesce() gives the default.
# What happens: the result is the four letters "null". isnull() is false, coalesce() keeps it, and from_json() of it gives
# NULL only because "null" happens to be JSON. A query that reads a setting this way has to compare with the text.
#
# Needs Python 3.11 or newer with venv, Java 17 or newer, and PyPI (pyspark is 450 MB). Exits 1 when this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0
cd "$folder"
PYSPARK_PYTHON="$folder/venv/bin/python" "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { tail -5 "$folder/log"; exit 1; }
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
call = "('java.lang.System', 'getProperty', 'vigie.is.not.set')"
row = spark.sql(
    f"SELECT reflect{call} AS value, isnull(reflect{call}) AS is_null, coalesce(reflect{call}, 'default') AS or_default, "
    f"try_reflect{call} AS tried"
).first()
print(f"Spark {spark.version}: {row.asDict()}")
as_described = row.asDict() == {"value": "null", "is_null": False, "or_default": "null", "tried": "null"}
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
spark.stop()
sys.exit(not as_described)
PYTHON
