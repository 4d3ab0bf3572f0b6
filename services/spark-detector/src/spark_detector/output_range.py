"""Which offsets a query writes output for: while two queries run side by side, each record is written by one of them.

A query that is being prepared reads and remembers everything and writes nothing. At the handover the range of the old
one ends where the range of the new one begins (docs/adr/0022).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_detector.running_values import RunningValues

VALUE: Final = "output_range"
POSITION: Final = "position."
_SCHEMA: Final = "struct<begin:array<bigint>,end:array<bigint>>"
_UNLIMITED: Final = 2**62


@dataclass(frozen=True)
class OutputRange:
    """From `begin` to before `end`, by partition; no begin: nothing is written, no end: everything from begin on."""

    begin: Mapping[int, int] = field(default_factory=dict)
    end: Mapping[int, int] = field(default_factory=dict)

    def as_value(self) -> dict[str, object]:
        """The form that the query reads."""
        return {"begin": _by_partition(self.begin), "end": _by_partition(self.end)}


MUTED: Final = OutputRange()


def within_output_range(values: RunningValues) -> Callable[[DataFrame], DataFrame]:
    """Rows whose columns partition, offset lie in the range; of the others, note how far the query has come."""

    def select(transactions: DataFrame) -> DataFrame:
        written = F.col("range")
        begin = F.coalesce(F.get(written["begin"], F.col("partition")), F.lit(_UNLIMITED))
        end = F.coalesce(F.get(written["end"], F.col("partition")), F.lit(_UNLIMITED))
        is_written = (F.col("offset") >= begin) & (F.col("offset") < end)
        position = values.note(F.concat(F.lit(POSITION), F.col("partition").cast("string")), F.col("offset"))
        return (
            transactions.withColumn("range", F.from_json(values.text(VALUE), _SCHEMA))
            .where(F.when(is_written, F.lit(True)).otherwise(position))
            .drop("range")
        )

    return select


def positions(values: RunningValues, partitions: Mapping[int, int]) -> dict[int, int]:
    """Next offset that a muted query will take in, by partition; before its first record, where it begins."""
    noted = {partition: values.noted(f"{POSITION}{partition}") for partition in partitions}
    return {
        partition: begin if (last := noted[partition]) is None else last + 1 for partition, begin in partitions.items()
    }


def _by_partition(offsets: Mapping[int, int]) -> list[int | None]:
    return [offsets.get(partition) for partition in range(max(offsets, default=-1) + 1)]
