"""Champion and challenger side by side, row by row, with the labels that have come since."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from trainer.shadow.rows import JudgedRows
from trainer.shadow.watching_model import Opinion
from vigie_schemas import Label, OneSidedAlert

MAX_ROWS: Final = 200_000
"""The newest rows that are compared; about 80 MB."""
MAX_LABELS: Final = 200_000
ONE_SIDED_SHOWN: Final = 20

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Compared:
    """Both versions' word on the same rows, an element a row, oldest first."""

    transaction_ids: list[str]
    timestamps_ms: NDArray[np.int64]
    matrix: Floats
    """Columns in the order of FEATURE_NAMES."""
    scores: Floats
    alerts: Flags
    challenger_scores: Floats
    challenger_alerts: Flags
    is_fraud: Flags
    """Called fraud by the label that stands; false where no label has come."""
    is_answered: Flags
    scenarios: NDArray[np.object_]
    """Of the frauds, where their label names one; else None."""

    @property
    def rows(self) -> int:
        """How many are compared."""
        return len(self.scores)

    @property
    def frauds(self) -> int:
        """How many are known to be fraud."""
        return int(self.is_fraud.sum())

    def one_sided(self) -> list[OneSidedAlert]:
        """The newest rows on which only one of the two alerts, newest first."""
        places = np.flatnonzero(self.alerts != self.challenger_alerts)[::-1][:ONE_SIDED_SHOWN]
        return [
            OneSidedAlert(
                transaction_id=self.transaction_ids[place],
                timestamp_ms=int(self.timestamps_ms[place]),
                raised_by=_raised_by(bool(self.alerts[place])),
                score=float(self.scores[place]),
                challenger_score=float(self.challenger_scores[place]),
                is_fraud=bool(self.is_fraud[place]) if self.is_answered[place] else None,
            )
            for place in places.tolist()
        ]


def _raised_by(is_champions: bool) -> Literal["champion", "challenger"]:
    return "champion" if is_champions else "challenger"


class SideBySide:
    """Takes rows and labels as they come; of a transaction that comes twice the first record stands."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._parts: deque[tuple[JudgedRows, Opinion]] = deque()
        self._seen: set[str] = set()
        self._labels: OrderedDict[str, Label] = OrderedDict()

    @property
    def rows(self) -> int:
        """How many are compared."""
        return len(self._seen)

    @property
    def labels(self) -> int:
        """How many labels are known, of whatever rows."""
        return len(self._labels)

    def add(self, rows: JudgedRows, opinion: Opinion) -> None:
        """Take rows with both versions' word on them."""
        new = np.array([not self._is_known(name) for name in rows.transaction_ids], dtype=np.bool_)
        self._parts.append((rows.of(new), Opinion(opinion.scores[new], opinion.thresholds[new])))
        while len(self._seen) > self._max_rows:
            oldest, _ = self._parts.popleft()
            self._seen.difference_update(oldest.transaction_ids)

    def take_label(self, label: Label) -> None:
        """Of several labels the last one of the most trusted source stands."""
        if label.overrules(self._labels.get(label.transaction_id)):
            self._labels[label.transaction_id] = label
            self._labels.move_to_end(label.transaction_id)
        if len(self._labels) > MAX_LABELS:
            self._labels.popitem(last=False)

    def compared(self) -> Compared | None:
        """All of it; None without a row."""
        if not self._seen:
            return None
        rows, opinions = zip(*self._parts, strict=True)
        names = [name for part in rows for name in part.transaction_ids]
        labels = [self._labels.get(name) for name in names]
        return Compared(
            transaction_ids=names,
            timestamps_ms=np.concatenate([part.timestamps_ms for part in rows]),
            matrix=np.concatenate([part.matrix for part in rows]),
            scores=np.concatenate([part.scores for part in rows]),
            alerts=np.concatenate([part.alerts for part in rows]),
            challenger_scores=np.concatenate([part.scores for part in opinions]),
            challenger_alerts=np.concatenate([part.alerts for part in opinions]),
            is_fraud=np.array([label is not None and label.is_fraud for label in labels], dtype=np.bool_),
            is_answered=np.array([label is not None for label in labels], dtype=np.bool_),
            scenarios=np.array(
                [label.scenario if label and label.is_fraud else None for label in labels], dtype=object
            ),
        )

    def _is_known(self, name: str) -> bool:
        if name in self._seen:
            return True
        self._seen.add(name)
        return False
