"""Scored records as a second model needs them: parsed without pydantic, because thousands come a second."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import ValidationError

from trainer.logged_features import MAX_FLOAT32, Floats
from vigie_schemas import (
    COUNTERPARTY_INPUTS,
    FEATURE_NAMES,
    CounterpartyLabels,
    counterparty_inputs,
    is_canary,
)

_features_in_order: Final = itemgetter(*FEATURE_NAMES)


@dataclass(frozen=True)
class JudgedRows:
    """What the champion judged, an element a row, in the order of the records."""

    transaction_ids: list[str]
    account_ids: list[str]
    segments: list[str]
    timestamps_ms: NDArray[np.int64]
    matrix: Floats
    """Columns in the order of FEATURE_NAMES."""
    counterparties: Floats
    """COUNTERPARTY_INPUTS, shape (rows, 3)."""
    model_versions: NDArray[np.int64]
    scores: Floats
    alerts: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, wanted: NDArray[np.bool_]) -> "JudgedRows":
        """These rows alone."""
        keep = wanted.tolist()
        return JudgedRows(
            list(compress(self.transaction_ids, keep)),
            list(compress(self.account_ids, keep)),
            list(compress(self.segments, keep)),
            self.timestamps_ms[wanted],
            self.matrix[wanted],
            self.counterparties[wanted],
            self.model_versions[wanted],
            self.scores[wanted],
            self.alerts[wanted],
        )


class _Row(NamedTuple):
    transaction_id: str
    account_id: str
    segment: str
    timestamp_ms: int
    features: tuple[float, ...]
    counterparty: tuple[float, float, float]
    model_version: int
    score: float
    is_anomaly: bool


def judged_rows(payloads: Iterable[bytes | None]) -> JudgedRows:
    """Rows of the records that a champion judged; canaries and what cannot be read are left out."""
    rows = [row for payload in payloads if (row := _row(payload)) is not None]
    count = len(rows)
    judged = JudgedRows(
        [row.transaction_id for row in rows],
        [row.account_id for row in rows],
        [row.segment for row in rows],
        np.array([row.timestamp_ms for row in rows], dtype=np.int64),
        np.array([row.features for row in rows], dtype=np.float64).reshape(count, len(FEATURE_NAMES)),
        np.array([row.counterparty for row in rows], dtype=np.float64).reshape(count, len(COUNTERPARTY_INPUTS)),
        np.array([row.model_version for row in rows], dtype=np.int64),
        np.array([row.score for row in rows], dtype=np.float64),
        np.array([row.is_anomaly for row in rows], dtype=np.bool_),
    )
    return judged.of((np.abs(judged.matrix) <= MAX_FLOAT32).all(axis=1))  # false for NaN too


def _row(payload: bytes | None) -> _Row | None:
    try:
        record = orjson.loads(payload or b"")
        labels, at_ms = record.get("counterparty_labels"), int(record["timestamp_ms"])
        known = None if labels is None else CounterpartyLabels.model_validate(labels)
        if record["status"] != "scored" or is_canary(record["account_id"]):
            return None
        return _Row(
            str(record["transaction_id"]),
            record["account_id"],
            str(record["segment"]),
            at_ms,
            tuple(map(float, _features_in_order(record["features"]))),
            counterparty_inputs(known, at_ms),
            int(record["model_version"]),
            float(record["score"]),
            record["is_anomaly"] is True,
        )
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, ValidationError):
        return None
