"""Watches a new champion beside the one it replaced, and says when it has to go back (docs/adr/0032)."""

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.quality.intervals import share_interval
from trainer.shadow.rows import JudgedRows
from trainer.shadow.side_by_side import SideBySide
from trainer.shadow.watching_model import WatchingModel
from vigie_schemas import Label

WINDOW_MS: Final = 60_000
"""Of the transactions' own time."""
MIN_ROWS: Final = 200
MIN_ANSWERS: Final = 20
FACTOR: Final = 3.0
"""Times the budget and times its predecessor's rate that a champion has to exceed, beyond chance; a wave of fraud that
both see is no fault of the champion's. Below its predecessor's by as much, it is blind."""


class _Part(NamedTuple):
    timestamps_ms: NDArray[np.int64]
    alerts: NDArray[np.bool_]
    predecessors: NDArray[np.bool_]


class Guard:
    """Rows that a champion judged, scored by its predecessor as well."""

    def __init__(self, champion_version: int, predecessor: WatchingModel, *, since_ms: int) -> None:
        self.champion_version = champion_version
        self.predecessor = predecessor
        self.since_ms = since_ms
        self._alert_budget = predecessor.calibration.alert_budget
        self._window: deque[_Part] = deque()
        self._newest_ms = 0
        self._side_by_side = SideBySide()

    def take(self, rows: JudgedRows) -> None:
        """Look at those rows that this champion judged."""
        judged = rows.of(rows.model_versions == self.champion_version)
        if not len(judged):
            return
        opinion = self.predecessor.opinion(judged)
        self._side_by_side.add(judged, opinion)
        self._window.append(_Part(judged.timestamps_ms, judged.alerts, opinion.alerts))
        self._newest_ms = max(self._newest_ms, int(judged.timestamps_ms.max()))
        while self._window and self._window[0].timestamps_ms.max() <= self._newest_ms - WINDOW_MS:
            self._window.popleft()

    def take_label(self, label: Label) -> None:
        """Learn the truth of a row."""
        self._side_by_side.take_label(label)

    def reason_to_go_back(self) -> str | None:
        """One sentence, or None while the champion is no worse than chance explains."""
        return self._alert_rate() or self._precision()

    def _alert_rate(self) -> str | None:
        if not self._window:
            return None
        times = np.concatenate([part.timestamps_ms for part in self._window])
        inside = times > self._newest_ms - WINDOW_MS
        rows = int(inside.sum())
        if rows < MIN_ROWS:
            return None
        mine = share_interval(int(np.concatenate([part.alerts for part in self._window])[inside].sum()), rows)
        before = share_interval(int(np.concatenate([part.predecessors for part in self._window])[inside].sum()), rows)
        said = (
            f"{mine.value:.2%} of {rows:,} transactions of a minute alerted, by version {self.predecessor.version} "
            f"{before.value:.2%} would have"
        )
        if mine.low > FACTOR * max(self._alert_budget, before.value):
            return f"too many alerts: {said}"
        if FACTOR * mine.high < before.low:
            return f"too few alerts: {said}"
        return None

    def _precision(self) -> str | None:
        if self._side_by_side.labels < MIN_ANSWERS:
            return None  # putting all rows side by side costs more than everything else here
        compared = self._side_by_side.compared()
        if compared is None:
            return None
        mine, others = compared.alerts & compared.is_answered, compared.challenger_alerts & compared.is_answered
        answers, of_others = int(mine.sum()), int(others.sum())
        if min(answers, of_others) < MIN_ANSWERS:
            return None
        precise = share_interval(int((mine & compared.is_fraud).sum()), answers)
        before = share_interval(int((others & compared.is_fraud).sum()), of_others)
        if precise.high >= before.low:
            return None
        return (
            f"false alerts: {precise.value:.0%} of {answers} answered alerts were fraud, of version "
            f"{self.predecessor.version}'s {before.value:.0%} of {of_others}"
        )
