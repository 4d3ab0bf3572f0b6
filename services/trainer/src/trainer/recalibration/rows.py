"""Scored records as rows by segment: only what recalibration needs, parsed without pydantic."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from trainer.recalibration.slices import ScoredRows
from vigie_schemas import is_canary


@dataclass
class _Columns:
    scores: list[float] = field(default_factory=list)
    timestamps_ms: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)


def rows_by_segment(payloads: Iterable[bytes | None], model_version: int) -> dict[str, ScoredRows]:
    """By segment, the rows of the records that a model version judged, in their order.

    Records of other versions, canaries and unreadable records are left out.
    """
    found: dict[str, _Columns] = {}
    for payload in payloads:
        try:
            record = json.loads(payload or b"")
            account_id = record["account_id"]
            if record["model_version"] != model_version or is_canary(account_id):
                continue
            segment, score, timestamp_ms = record["segment"], record["score"], record["timestamp_ms"]
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            continue
        if isinstance(segment, str) and isinstance(timestamp_ms, int) and _is_score(score):
            columns = found.setdefault(segment, _Columns())
            columns.scores.append(float(score))
            columns.timestamps_ms.append(timestamp_ms)
            columns.accounts.append(hash(account_id))
    return {
        segment: ScoredRows(
            np.array(columns.scores),
            np.array(columns.timestamps_ms, dtype=np.int64),
            np.array(columns.accounts, dtype=np.int64),
        )
        for segment, columns in found.items()
    }


def _is_score(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and 0 <= value <= 1
