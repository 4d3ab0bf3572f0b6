"""The model's judgements of payments, from a Parquet file with transaction_id, score and threshold."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigie_cli.policy_trial.payments import ROWS_AT_ONCE, TrialPayments
from vigie_intake.fields.kernels import pc
from vigie_runtime import InputError

COLUMNS: Final = ("transaction_id", "score", "threshold")


@dataclass(frozen=True)
class TrialScores:
    """Judgements in the order of the payments; null where there is none."""

    score: pa.ChunkedArray
    threshold: pa.ChunkedArray

    def rows(self) -> Iterator[tuple[float | None, float | None]]:
        """Score and threshold of each payment."""
        for first in range(0, len(self.score), ROWS_AT_ONCE):
            parts = (each.slice(first, ROWS_AT_ONCE).to_pylist() for each in (self.score, self.threshold))
            yield from zip(*parts, strict=True)

    @property
    def judged(self) -> int:
        """Payments with a judgement."""
        return pc.sum(pc.and_(pc.is_valid(self.score), pc.is_valid(self.threshold))).as_py()


def read_scores(path: Path, payments: TrialPayments) -> TrialScores:
    """The judgements of the payments by their transaction_id; raises InputError that says what to do."""
    if payments.lacks("transaction_id"):
        raise InputError(
            f"{payments.name} names no transactions, so {path.name} cannot be put beside it. Give its transaction_id, "
            "also in a mapping (`vigie inspect`), or leave --scores out."
        )
    scores = _table(path)
    places = pc.index_in(payments.table.column("transaction_id"), value_set=scores.column("transaction_id"))
    if places.null_count == len(places):
        raise InputError(
            f"No transaction_id of {path.name} is one of {payments.name}. Give the scores of these payments."
        )
    return TrialScores(*(_between_0_and_1(scores, name, path).take(places) for name in COLUMNS[1:]))


def _table(path: Path) -> pa.Table:
    try:
        there = pq.read_schema(path).names
        missing = [name for name in COLUMNS if name not in there]
        if missing:
            raise InputError(f"{path.name} has no column {', '.join(missing)}. It needs {', '.join(COLUMNS)}.")
        table = pq.read_table(path, columns=list(COLUMNS))
        return table.set_column(0, COLUMNS[0], table.column(COLUMNS[0]).cast(pa.string()).combine_chunks())
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or "it is no Parquet file, or a part of one"
        raise InputError(
            f"{path.name} cannot be read ({reason}). Give a Parquet file with {', '.join(COLUMNS)}."
        ) from None


def _between_0_and_1(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    wrong = f"{name} of {path.name} is not a number from 0 to 1 in every row. Leave it empty where there is none."
    try:
        column = table.column(name).cast(pa.float64())
    except pa.ArrowException:
        raise InputError(wrong) from None
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
    if pc.any(pc.or_(pc.less(column, 0), pc.greater(column, 1))).as_py():
        raise InputError(wrong)
    return column
