"""What is known to be true of transactions: of several labels the last one of the most trusted source stands."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from trainer.logged_features import LoggedFeatures
from trainer.quality.ranking import EvaluatedRows
from trainer.second_stage import KnownTruth
from vigie_schemas import FEATURE_NAMES, Label
from vigie_schemas.label import LabelSource

AMOUNT_COLUMN: Final = FEATURE_NAMES.index("amount_log")
USUAL_DELAY_PERCENTILE: Final = 90
"""Of the known frauds' delays: a transaction that is older than this and has no label is taken for sound."""


class LabelCollector:
    """Takes labels one by one, in the order they were written."""

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}
        self.unreadable = 0

    def add(self, payload: bytes | None) -> None:
        """Take one record's value, whatever it holds."""
        try:
            label = Label.model_validate_json(payload or b"")
        except ValidationError:
            self.unreadable += 1
            return
        if label.overrules(self._labels.get(label.transaction_id)):
            self._labels[label.transaction_id] = label

    def collected(self) -> dict[str, Label]:
        """The labels that stand, by transaction."""
        return dict(self._labels)


def labelled_rows(logged: LoggedFeatures, labels: Mapping[str, Label]) -> tuple[EvaluatedRows, NDArray[np.intp]]:
    """The rows whose truth is known, in order of time, and where each stands in `logged`."""
    found = [place for place, name in enumerate(logged.transaction_ids) if name in labels]
    rows = np.array(found, dtype=np.intp)
    rows = rows[np.argsort(logged.timestamps_ms[rows], kind="stable")]
    truth = [labels[logged.transaction_ids[row]] for row in rows]
    evaluated = EvaluatedRows(
        label=np.array([label.is_fraud for label in truth], dtype=np.int8),
        amount_eur=np.expm1(logged.matrix[rows, AMOUNT_COLUMN]),  # the feature is ln(1 + EUR)
        scenario=np.array([label.scenario if label.is_fraud else None for label in truth], dtype=object),
        account=np.array([logged.account_ids[row] for row in rows], dtype=object),
        timestamp_ms=logged.timestamps_ms[rows],
    )
    return evaluated, rows


def truth_of(
    logged: LoggedFeatures, labels: Mapping[str, Label], sources: Collection[LabelSource], now_ms: int
) -> KnownTruth:
    """The truth of each row by these sources' labels; a row without one is sound once it is old enough.

    Most files of labels name frauds only. Old enough is what USUAL_DELAY_PERCENTILE says; younger rows are not known
    yet, and without a known fraud no other row is.
    """
    truth = np.full(logged.rows, np.nan)
    delays_ms = []
    for row, name in enumerate(logged.transaction_ids):
        label = labels.get(name)
        if label is not None and label.source in sources:
            truth[row] = float(label.is_fraud)
            if label.is_fraud:
                delays_ms.append(max(0, label.labelled_at_ms - int(logged.timestamps_ms[row])))
    if delays_ms:
        is_old = logged.timestamps_ms <= now_ms - float(np.percentile(delays_ms, USUAL_DELAY_PERCENTILE))
        truth[np.isnan(truth) & is_old] = 0.0
    return truth


def unanswered_by(
    logged: LoggedFeatures, labels: Mapping[str, Label], sources: Collection[LabelSource]
) -> NDArray[np.bool_] | None:
    """Rows without a label where only analysts have spoken; None where a file could have named every fraud."""
    teaching = {name: label for name, label in labels.items() if label.source in sources}
    if not teaching or any(label.source != "analyst" for label in teaching.values()):
        return None
    return np.array([name not in teaching for name in logged.transaction_ids], dtype=bool)
