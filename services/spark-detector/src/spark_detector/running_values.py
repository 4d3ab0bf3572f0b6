"""Values that a running query reads for each record: thresholds, and which output it may write (docs/adr/0022).

A value that is part of a query's plan changes only with another query, and starting one takes seconds. A property of
the JVM is read by `reflect`, which Real-time Mode admits, and a change counts for the next record.
"""

import json
from collections.abc import Mapping
from typing import Final

from py4j.java_gateway import JavaObject
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from vigie_runtime import UnavailableError

SYSTEM: Final = "java.lang.System"
UNSET: Final = "null"
"""What `reflect` gives for a property that is not set: a text, where one would expect NULL."""
EXECUTOR_COMMAND: Final = "sun.java.command"
"""Names the executor a JVM belongs to, which tells how many of them a job has reached."""
MAX_JOBS: Final = 20
"""Spark may place two tasks of one job on the same executor, so that another job has to reach the rest."""


class RunningValues:
    """Properties under one query's name, in the driver's JVM or, on a cluster, in that of each executor."""

    def __init__(self, spark: SparkSession, query: str) -> None:
        self._spark = spark
        self._prefix = f"vigie.{query}."

    def text(self, name: str) -> Column:
        """String column: the JSON text published last under the name; null before the first."""
        return F.nullif(_call("getProperty", F.lit(self._prefix + name)), F.lit(UNSET))

    def text_named(self, name: Column) -> Column:
        """String column: the text published last under each row's name; null before the first, and for no name.

        An empty name stands for null, which `reflect` would end the query with.
        """
        return F.nullif(_call("getProperty", F.concat(F.lit(self._prefix), F.coalesce(name, F.lit("")))), F.lit(UNSET))

    def note(self, name: Column, value: Column) -> Column:
        """Boolean column, always false: keeps the record's value under the name, where `noted` finds the last one."""
        return _call("setProperty", F.concat(F.lit(self._prefix), name), value.cast("string")).isNull()

    def publish(self, name: str, value: Mapping[str, object]) -> None:
        """Have the query read it from the next record on; raise UnavailableError where an executor is out of reach."""
        text = json.dumps(value)
        if self._is_local:
            self._system.setProperty(self._prefix + name, text)
        else:
            self._on_every_executor(_call("setProperty", F.lit(self._prefix + name), F.lit(text)))

    def publish_texts(self, texts: Mapping[str, str]) -> None:
        """Publish many texts at once, by name; raise UnavailableError where an executor is out of reach."""
        named = {self._prefix + name: text for name, text in texts.items()}
        if self._is_local:
            jvm = self._spark.sparkContext._jvm
            lines = "\n".join(f"{_escaped(name)}={_escaped(text)}" for name, text in named.items())
            self._system.getProperties().load(jvm.java.io.StringReader(lines))  # pyright: ignore[reportOptionalMemberAccess]
        else:
            # one job for all of them: each of its tasks sets every property
            pairs = F.from_json(F.lit(json.dumps([*named.items()])), "array<array<string>>")
            self._on_every_executor(F.to_json(F.transform(pairs, lambda pair: _call("setProperty", pair[0], pair[1]))))

    def noted(self, name: str) -> int | None:
        """The greatest number kept under the name; None before the first."""
        if self._is_local:
            found = [self._system.getProperty(self._prefix + name)]
        else:
            found = self._on_every_executor(_call("getProperty", F.lit(self._prefix + name)))
        numbers = [int(text) for text in found if text not in (None, UNSET)]
        return max(numbers, default=None)

    @property
    def _is_local(self) -> bool:
        master = str(self._spark.sparkContext.master)
        return master.startswith("local") and not master.startswith("local-cluster")

    @property
    def _system(self) -> JavaObject:
        return self._spark.sparkContext._jvm.java.lang.System  # pyright: ignore[reportOptionalMemberAccess]

    def _on_every_executor(self, call: Column) -> list[str]:
        """Evaluate the call in each executor's JVM; its answers."""
        context = self._spark.sparkContext
        executors = context._jsc.sc().getExecutorMemoryStatus().size() - 1  # pyright: ignore[reportOptionalMemberAccess]
        tasks = max(2 * executors, context.defaultParallelism)
        answers: dict[str, str] = {}
        for _ in range(MAX_JOBS):
            called = self._spark.range(0, tasks, 1, tasks).select(
                _call("getProperty", F.lit(EXECUTOR_COMMAND)).alias("executor"),
                call.alias("answer"),
            )
            answers |= {str(row["executor"]): str(row["answer"]) for row in called.collect()}
            if len(answers) >= executors:
                return list(answers.values())
        raise UnavailableError(
            f"{executors - len(answers)} of {executors} executors have no free slot for a value of the running query. "
            "Give the cluster more cores."
        )


def _call(method: str, *arguments: Column) -> Column:
    return F.reflect(F.lit(SYSTEM), F.lit(method), *arguments)


def _escaped(text: str) -> str:
    """As java.util.Properties reads it back: its own marks, line ends and what is not ASCII as UTF-16 units."""
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(
        chr(low) if not high and chr(low).isalnum() and low < 128 else f"\\u{high:02x}{low:02x}" for high, low in pairs
    )
