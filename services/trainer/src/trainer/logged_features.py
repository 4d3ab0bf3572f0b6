"""Scored records as numbers: parsed without pydantic, because a hundred thousand come at once."""

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from vigie_schemas import ESTABLISHED_FROM, FEATURE_NAMES, is_canary
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

Floats = NDArray[np.float64]
MAX_FLOAT32 = float(np.finfo(np.float32).max)
MAX_COUNT = 2**31 - 1

_values_in_order = itemgetter(*FEATURE_NAMES)


@dataclass(frozen=True)
class LoggedFeatures:
    """The features of distinct transactions, one row each, columns in the order of FEATURE_NAMES."""

    matrix: Floats
    history_counts: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    repeats: int
    left_out: int
    transaction_ids: tuple[str, ...] = ()
    """One per row; empty where no caller needs to know which transactions the rows were."""
    account_ids: tuple[str, ...] = ()
    """One per row, or empty likewise."""
    counterparty_ids: tuple[str | None, ...] = ()
    """One per row, None where the transaction names none; or empty likewise."""

    @property
    def rows(self) -> int:
        """Number of transactions."""
        return len(self.matrix)

    @property
    def established(self) -> NDArray[np.bool_]:
        """Which rows belong to accounts with enough history to compare with."""
        return self.history_counts >= ESTABLISHED_FROM


@dataclass(frozen=True)
class _Row:
    history_count: int
    timestamp_ms: int
    account_id: str
    counterparty_id: str | None
    values: "array[float]"


class FeatureCollector:
    """Takes records one by one; of a transaction that comes twice the later record stands."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row | None] = {}
        self._repeats = 0
        self._unreadable = 0

    def add(self, payload: bytes | None) -> None:
        """Take one record's value, whatever it holds."""
        try:
            record = json.loads(payload or b"")
            transaction_id, account_id = record["transaction_id"], record.get("account_id")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            transaction_id, account_id, record = None, None, {}
        if isinstance(account_id, str) and is_canary(account_id):
            return  # no person's habits
        if not isinstance(transaction_id, str):
            self._unreadable += 1
            return
        self._repeats += transaction_id in self._rows
        self._rows[transaction_id] = _row(record)

    def collected(self) -> LoggedFeatures:
        """All that was taken, without records that lack a feature or hold a number no forest can take."""
        named = [(name, row) for name, row in self._rows.items() if row is not None]
        complete = [row for _, row in named]
        width = len(FEATURE_NAMES)
        matrix = np.array([row.values for row in complete], dtype=np.float64).reshape(len(complete), width)
        usable = (np.abs(matrix) <= MAX_FLOAT32).all(axis=1)  # false for NaN too
        kept = np.flatnonzero(usable).tolist()
        return LoggedFeatures(
            matrix=matrix[usable],
            history_counts=np.array([row.history_count for row in complete], dtype=np.int64)[usable],
            timestamps_ms=np.array([row.timestamp_ms for row in complete], dtype=np.int64)[usable],
            repeats=self._repeats,
            left_out=self._unreadable + len(self._rows) - int(usable.sum()),
            transaction_ids=tuple(named[place][0] for place in kept),
            account_ids=tuple(complete[place].account_id for place in kept),
            counterparty_ids=tuple(complete[place].counterparty_id for place in kept),
        )


def _row(record: Mapping[str, object]) -> _Row | None:
    """One transaction's numbers; None where any is missing or is no number."""
    try:
        values = array("d", _values_in_order(cast("Mapping[str, float]", record["features"])))
        history_count, timestamp_ms = record["history_count"], record["timestamp_ms"]
        account_id = record["account_id"]
    except (TypeError, LookupError, OverflowError):
        return None
    if not isinstance(history_count, int) or not 0 <= history_count <= MAX_COUNT:
        return None
    if not isinstance(timestamp_ms, int) or not EARLIEST_TIMESTAMP_MS <= timestamp_ms <= LATEST_TIMESTAMP_MS:
        return None
    if not isinstance(account_id, str):
        return None
    counterparty_id = record.get("counterparty_id")
    return _Row(
        history_count, timestamp_ms, account_id, counterparty_id if isinstance(counterparty_id, str) else None, values
    )
