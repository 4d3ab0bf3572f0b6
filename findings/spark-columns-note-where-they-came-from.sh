#!/usr/bin/env bash
# Spark 4.3.0 (pyspark, PyPI): most calls that PySpark makes to the JVM for a column only note the line it was written in.
#
# One would guess: an operation on columns, as in F.when(F.col("a") > 1, F.col("b") * 2), costs a call to the JVM for each
# function and operator, and what error messages need is worked out when there is an error.
# What happens: before and after each operation PySpark sends the name and the line of Python to the JVM, from which an
# error of a running query could quote them. With spark.python.sql.dataFrameDebugging.enabled set to false, before the
# first operation of the process, the same columns take well under half of the calls.
#
# Needs Python 3.11 or newer with venv, Java 17 or newer, and PyPI (pyspark is 450 MB). Exits 1 when this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0
cat > "$folder/calls.py" <<'PYTHON'
import gc
import sys

from py4j.java_gateway import GatewayClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.python.sql.dataFrameDebugging.enabled", sys.argv[1])
    .getOrCreate()
)
F.when(F.col("a") > 1, F.col("b") * 2)  # what is looked up once in a process
gc.disable()  # an object that is freed is a call too
commands = []
send = getattr(GatewayClient, "send_command")


def counted(self, command, *rest, **named):
    commands.append(command)
    return send(self, command, *rest, **named)


from py4j.clientserver import JavaClient

client = JavaClient if "send_command" in vars(JavaClient) else GatewayClient
setattr(client, "send_command", counted)
for _ in range(100):
    F.when(F.col("a") > 1, F.col("b") * 2)
print(len(commands) // 100)
spark.stop()
PYTHON
cd "$folder"
on=$("$folder/venv/bin/python" calls.py true 2>/dev/null)
off=$("$folder/venv/bin/python" calls.py false 2>/dev/null)
echo "Spark 4.3.0, calls for one expression of five operations: $on as it comes, $off with dataFrameDebugging off"
if [ "$((off * 2))" -lt "$on" ]; then echo "as described"; else echo "CHANGED: no longer as the header of this script says"; exit 1; fi
